"""Format C: Tabby's server, as its clients for VS Code, JetBrains, Vim and Emacs ask it.

`POST /v1/completions` is OpenAI's route too; a body with `segments` is Tabby's. Source: Tabby's OpenAPI
document, https://tabby.tabbyml.com/api.
"""

import os
import platform
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from codekiln import __version__
from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.languages import known_as
from codekiln.serve.assistant import Answer, Assistant
from codekiln.serve.events import Events, Kind
from codekiln.serve.http.debug import debug
from codekiln.serve.http.replies import document_of, suggestion
from codekiln.tasks.context import Snippet

WRITTEN = 64  # tokens, as Tabby's own server does
PATIENCE = 300  # milliseconds, which its clients do not tell; then an answer ends with its line
KINDS: dict[str, Kind] = {"view": "shown", "select": "accepted", "dismiss": "dismissed"}


class Piece(BaseModel):
    """Lines of another file."""

    filepath: str
    body: str


class Segments(BaseModel):
    """What stands around the cursor, and what its editor thinks is of use there."""

    prefix: str
    suffix: str | None = None
    filepath: str | None = None
    git_url: str | None = None
    declarations: list[Piece] | None = None
    relevant_snippets_from_changed_files: list[Piece] | None = None
    relevant_snippets_from_recently_opened_files: list[Piece] | None = None
    clipboard: str | None = None


class DebugOptions(BaseModel):
    """What is told beside the answer."""

    raw_prompt: str | None = None
    return_snippets: bool = False
    return_prompt: bool = False
    disable_retrieval_augmented_code_completion: bool = False


class Completion(BaseModel):
    """A request of `/v1/completions` in this format."""

    language: str | None = None
    segments: Segments
    user: str | None = None
    debug_options: DebugOptions | None = None
    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    mode: Literal["standard"] = "standard"


class Event(BaseModel):
    """What became of a suggestion."""

    type: Literal["view", "select", "dismiss"]
    completion_id: str
    choice_index: int = 0
    view_id: str | None = None
    elapsed: float | None = None
    select_kind: Literal["line"] | None = None


def router(assistant: Assistant) -> APIRouter:
    """The routes of this format, but for `/v1/completions`."""
    routes = APIRouter(tags=["Tabby"])

    @routes.get("/v1/health")
    @routes.post("/v1/health")
    async def health() -> dict[str, Any]:
        return {
            "model": assistant.name,
            "device": "cpu",
            "arch": platform.machine(),
            "cpu_info": platform.processor() or platform.machine(),
            "cpu_count": os.cpu_count() or 1,
            "cuda_devices": [],
            "version": {
                "build_date": "",
                "build_timestamp": "",
                "git_sha": "",
                "git_describe": f"v{__version__}",
            },
        }

    @routes.post("/v1/events")
    async def event(body: Event, request: Request, select_kind: str = "") -> Response:
        events: Events = request.app.state.events
        line = "line" in (select_kind, body.select_kind)
        events.told(KINDS[body.type], body.completion_id, first_line=line)
        return Response(status_code=200)

    @routes.get("/v1beta/server_setting")
    async def server_setting() -> dict[str, Any]:
        return {"disable_client_side_telemetry": True}

    return routes


def is_asked(body: object) -> bool:
    """Whether a body of `/v1/completions` is one of this format, right or wrong."""
    return isinstance(body, dict) and "segments" in body


async def completed(assistant: Assistant, body: Completion, request: Request) -> Response:
    """The answer to `/v1/completions`."""
    segments = body.segments
    named = segments.filepath and f"{body.user}:{segments.git_url}:{segments.filepath}"
    document = document_of(request, named or "")
    answer = await suggestion(
        request, assistant, _wanted(body), document, _pieces(segments), client="tabby"
    )
    choice = {"index": 0, "text": answer.suggestion.text}
    told: dict[str, Any] = {"id": answer.id, "choices": [choice]}
    if body.debug_options:
        told["debug_data"] = _debug(body.debug_options, assistant, answer)
    return JSONResponse(told)


def _wanted(body: Completion) -> CompletionRequest:
    if body.debug_options and body.debug_options.raw_prompt is not None:
        raise UsageError(
            "A raw prompt is no file: send segments, or 'prompt' as in OpenAI's format."
        )
    segments = body.segments
    return CompletionRequest(
        segments.prefix,
        segments.suffix or "",
        path=segments.filepath or "",
        language=_language(body.language),
        max_tokens=WRITTEN,
        temperature=body.temperature or 0.0,
        seed=body.seed or 0,
        block=True,
        line_deadline_ms=PATIENCE,
    )


def _language(identifier: str | None) -> str:
    """Empty where the path has to tell."""
    language = known_as(identifier or "")
    return language.name if language else ""


def _pieces(segments: Segments) -> list[Snippet]:
    """Declarations first, which the editor has looked up for the names at the cursor."""
    lists = (
        segments.declarations,
        segments.relevant_snippets_from_changed_files,
        segments.relevant_snippets_from_recently_opened_files,
    )
    return [Snippet(piece.filepath, piece.body) for pieces in lists for piece in pieces or ()]


def _debug(options: DebugOptions, assistant: Assistant, answer: Answer) -> dict[str, Any]:
    data: dict[str, Any] = {"codekiln": debug(assistant, answer)}
    if options.return_snippets:
        pieces = answer.context.pieces if answer.context else ()
        data["snippets"] = [
            {"filepath": piece.path, "body": piece.text, "score": piece.score} for piece in pieces
        ]
    return data
