"""Format A: llama.cpp's server, as llama.vim and llama.vscode ask it (`POST /infill`).

Source: llama.cpp, tools/server/README.md.
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.serve.assistant import Answer, Assistant
from codekiln.serve.http.replies import whole
from codekiln.tasks.context import Snippet

PREDICTED = 128  # tokens, where a client says nothing or "as many as you like"


class Extra(BaseModel):
    """A piece of another file."""

    filename: str = ""
    text: str


class Infill(BaseModel):
    """A request of `/infill`. Samplers and slots are llama.cpp's own affair and are passed over."""

    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: list[Extra] = []
    prompt: str = ""
    n_predict: int = PREDICTED
    n_cmpl: Annotated[int, Field(ge=1, le=8)] = 1
    temperature: Annotated[float, Field(ge=0)] = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    seed: int = 0
    stop: list[str] = []
    t_max_predict_ms: float = 0
    stream: bool = False
    model: str = ""
    response_fields: list[str] | None = None


def router(assistant: Assistant) -> APIRouter:
    """The routes of this format."""
    routes = APIRouter(tags=["llama.cpp"])

    @routes.post("/infill")
    async def infill(body: Infill, request: Request) -> Response:
        wanted = _request(body)
        recent = [Snippet(extra.filename, extra.text) for extra in body.input_extra]
        answer = await whole(
            request,
            lambda cancelled: assistant.suggest(
                replace(wanted, cancelled=cancelled), recent=recent
            ),
        )
        return JSONResponse(_result(answer))

    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/props")
    async def props() -> dict[str, Any]:
        return {
            "default_generation_settings": {"n_ctx": 0},
            "total_slots": 1,
            "model_path": assistant.name,
        }

    return routes


def _request(body: Infill) -> CompletionRequest:
    if body.seed < -1:
        raise UsageError("seed must be -1 or more.")
    return CompletionRequest(
        body.input_prefix + body.prompt,
        body.input_suffix,
        max_tokens=body.n_predict if body.n_predict > 0 else PREDICTED,
        temperature=body.temperature,
        stop=tuple(body.stop),
        block=True,
    )


def _result(answer: Answer) -> dict[str, Any]:
    return {"content": answer.suggestion.text}
