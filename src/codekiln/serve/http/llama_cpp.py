"""Format A: llama.cpp's server, as llama.vim and llama.vscode ask it.

Source: llama.cpp, tools/server/README.md. Of an answer's fields those are told that mean something here.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from codekiln.errors import UsageError
from codekiln.generate import Completion, CompletionRequest
from codekiln.serve.assistant import Answer, Assistant
from codekiln.serve.http.answers import deadline_ms
from codekiln.serve.http.debug import debug
from codekiln.serve.http.errors import llama_cpp_error, told_of
from codekiln.serve.http.replies import document_of, streamed, whole
from codekiln.serve.http.settings import Settings
from codekiln.tasks.context import Snippet
from codekiln.tokenizer import Tokenizer

CLIENT = "llama.cpp"
PREDICTED = 128  # tokens, where a client names no number
LARGEST_SEED = 2**32 - 1  # which stands for "any", as -1 does
STOPS = {"end": "eos", "stop": "word", "length": "limit", "deadline": "limit", "cancelled": "none"}

Finite = Field(ge=0, allow_inf_nan=False)


class Extra(BaseModel):
    """A piece of another file, or of another place of this one."""

    filename: str = ""
    text: str


class Lora(BaseModel):
    """How strong an adapter is to be; here it is there or not."""

    id: int
    scale: float


class Infill(BaseModel):
    """A request of `/infill`. What only llama.cpp can heed (samplers, slots, its cache) is passed over."""

    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: list[Extra] = []
    prompt: str = ""
    n_predict: int = PREDICTED
    n_cmpl: Annotated[int, Field(ge=1, le=8)] = 1
    n_indent: int = 0
    temperature: Annotated[float, Finite] = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = -1
    stop: list[str] = []
    t_max_prompt_ms: Annotated[float, Finite] = 0.0
    t_max_predict_ms: Annotated[float, Finite] = 0.0
    lora: list[Lora] = []
    stream: bool = False
    response_fields: list[str] = []
    model: str = ""


class Text(BaseModel):
    """A request of `/tokenize`."""

    content: str
    with_pieces: bool = False


class Tokens(BaseModel):
    """A request of `/detokenize`."""

    tokens: list[int]


def router(assistant: Assistant) -> APIRouter:
    """The routes of this format."""
    routes = APIRouter(tags=["llama.cpp"])

    @routes.post("/infill")
    async def infill(body: Infill, request: Request) -> Response:
        wanted = _wanted(body, assistant, request.app.state.settings)
        recent = [Snippet(extra.filename, extra.text) for extra in body.input_extra]

        def results(cancelled: threading.Event) -> list[dict[str, Any]]:
            asked = assistant.named(replace(wanted, cancelled=cancelled), _paths(body))
            if body.n_predict == 0:
                told = [_result(assistant, assistant.warm(asked, recent), "")]
            else:
                document = document_of(request, asked.path)
                answers = assistant.alternatives(asked, body.n_cmpl, document, recent, CLIENT)
                told = [_told(assistant, answer, place) for place, answer in enumerate(answers)]
            return [_chosen(result, body.response_fields) for result in told]

        if body.stream:
            return await streamed(
                request,
                lambda cancelled: _events(results(cancelled)),
                media_type="text/event-stream",
                failed=_failed,
            )
        found = await whole(request, results)
        return JSONResponse(found if len(found) > 1 else found[0])

    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/props")
    async def props() -> dict[str, Any]:
        return {
            "default_generation_settings": {"n_predict": PREDICTED, "temperature": 0.0},
            "total_slots": 1,
            "model_path": assistant.name,
            "model_alias": assistant.name,
            "chat_template": "",
        }

    @routes.get("/lora-adapters")
    async def adapters() -> list[dict[str, Any]]:
        return [
            {"id": place, "path": name, "scale": 0.0}
            for place, name in enumerate(assistant.adapters)
        ]

    @routes.post("/tokenize")
    async def tokenize(body: Text, request: Request) -> dict[str, Any]:
        tokenizer = _known(assistant)
        ids = await whole(request, lambda _: tokenizer.encode(body.content))
        if not body.with_pieces:
            return {"tokens": ids}
        return {"tokens": [{"id": each, "piece": _piece(tokenizer.bytes_of(each))} for each in ids]}

    @routes.post("/detokenize")
    async def detokenize(body: Tokens, request: Request) -> dict[str, str]:
        tokenizer = _known(assistant)
        unknown = [each for each in body.tokens if not 0 <= each < tokenizer.vocabulary_size]
        if unknown:
            raise UsageError(f"There is no token {unknown[0]}: /tokenize gives those of a text.")
        return {"content": await whole(request, lambda _: tokenizer.decode(body.tokens))}

    return routes


def _wanted(body: Infill, assistant: Assistant, settings: Settings) -> CompletionRequest:
    limit = body.n_predict if body.n_predict > 0 else PREDICTED
    milliseconds = body.t_max_prompt_ms + body.t_max_predict_ms
    sampled = body.temperature > 0
    return CompletionRequest(
        body.input_prefix + body.prompt,
        body.input_suffix,
        max_tokens=min(limit, settings.tokens),
        temperature=body.temperature,
        top_k=body.top_k if sampled and body.top_k > 0 else None,
        top_p=body.top_p if sampled else None,
        min_p=body.min_p if sampled and body.min_p > 0 else None,
        seed=0 if body.seed in (-1, LARGEST_SEED) else body.seed,
        stop=tuple(body.stop),
        block=True,
        deadline_ms=deadline_ms(settings),
        line_deadline_ms=milliseconds if body.t_max_predict_ms else None,
        adapter=assistant.adapter_of(body.model) or _adapter(body.lora, assistant),
    )


def _paths(body: Infill) -> list[str]:
    return [extra.filename for extra in body.input_extra]


def _adapter(loras: list[Lora], assistant: Assistant) -> str:
    """The strongest that is wanted."""
    wanted = [lora for lora in loras if lora.scale > 0]
    if not wanted:
        return ""
    number = max(wanted, key=lambda lora: lora.scale).id
    if not 0 <= number < len(assistant.adapters):
        raise UsageError(
            f"There is no adapter {number}: /lora-adapters lists them, and --adapter loads one."
        )
    return assistant.adapters[number]


def _told(assistant: Assistant, answer: Answer, place: int) -> dict[str, Any]:
    """One of several answers."""
    suggestion = answer.suggestion
    told = _result(assistant, suggestion.completion, suggestion.text)
    return {**told, "index": place, "codekiln": debug(assistant, answer)}


def _result(assistant: Assistant, written: Completion, text: str) -> dict[str, Any]:
    """Of what a model wrote, the text that may be shown."""
    times = written.timings
    return {
        "index": 0,
        "content": text,
        "stop": True,
        "model": assistant.name,
        "tokens_predicted": times.generated_tokens,
        "tokens_evaluated": times.prompt_tokens,
        "tokens_cached": times.prompt_tokens + times.generated_tokens,
        "has_new_line": "\n" in text,
        "truncated": False,
        "stop_type": STOPS[written.finish_reason],
        "timings": {
            **_pace("prompt", times.prompt_tokens, times.prefill_ms),
            **_pace("predicted", times.generated_tokens, times.generate_ms),
        },
    }


def _pace(what: str, tokens: int, milliseconds: float) -> dict[str, float]:
    return {
        f"{what}_n": tokens,
        f"{what}_ms": milliseconds,
        f"{what}_per_token_ms": milliseconds / tokens if tokens else 0.0,
        f"{what}_per_second": 1000 * tokens / milliseconds if milliseconds else 0.0,
    }


def _chosen(result: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """The fields that were asked for, by their paths, which stay their names; all without such a list."""
    if not fields:
        return result
    chosen: dict[str, Any] = {}
    for path in fields:
        value: Any = result
        for key in path.split("/"):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            chosen[path] = value
    return chosen


def _events(results: list[dict[str, Any]]) -> Iterator[bytes]:
    """A suggestion is verified as a whole, so that it comes in one piece, and then its end."""
    for result in results:
        piece = {
            "index": result.get("index", 0),
            "content": result.get("content", ""),
            "stop": False,
        }
        yield _event(piece)
        yield _event({**result, "content": ""})


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def _failed(error: Exception) -> bytes:
    return _event(llama_cpp_error(*told_of(error)))


def _known(assistant: Assistant) -> Tokenizer:
    if assistant.tokenizer is None:
        raise UsageError("The tokenizer is the model server's own: ask it there.")
    return assistant.tokenizer


def _piece(data: bytes) -> str | list[int]:
    """Text, or bytes where a token cuts a character in two."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return list(data)
