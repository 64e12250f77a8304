"""`/api/generate` and `/api/chat`: an answer in one object, or a line for each piece of it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from codekiln.errors import UsageError
from codekiln.generate import CompletionChunk
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.answers import (
    FINISH,
    PREDICTED,
    Question,
    answer,
    check_alternatives,
    question,
    told,
    told_why,
)
from codekiln.serve.http.errors import ollama_error, told_of
from codekiln.serve.http.ollama.options import Format, Options, schema_of, settings_of
from codekiln.serve.http.replies import streamed, whole
from codekiln.serve.http.settings import Settings
from codekiln.tasks.chat import Message, knows_chat
from codekiln.tokenizer import Tokenizer

Json = dict[str, Any]
CLIENT = "ollama"
MOST_MESSAGES = 1024


class Asking(BaseModel):
    """What both requests may say. `keep_alive`, how long the model stays in memory, is passed over.

    Log-probabilities are told of what a model writes; a middle is chosen and cut of it, and has none.
    """

    model: str
    stream: bool | None = None
    options: Options | None = None
    format: Format = None
    think: bool | str | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None

    @property
    def streams(self) -> bool:
        """Both do unless they are told not to."""
        return self.stream is not False


class Generate(Asking):
    """A request of `/api/generate`."""

    prompt: str = ""
    suffix: str | None = None
    raw: bool | None = None
    system: str | None = None
    template: str | None = None
    context: list[int] | None = None
    images: list[Any] | None = None


class Turn(BaseModel):
    """A message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str = ""
    images: list[Any] | None = None
    tool_calls: list[Any] | None = None


class Chat(Asking):
    """A request of `/api/chat`."""

    messages: Annotated[list[Turn], Field(max_length=MOST_MESSAGES)] = []
    tools: list[Any] | None = None


@dataclass(frozen=True)
class Telling:
    """One answer and how its text is told; without a question the model is only seen to be there."""

    model: str
    question: Question | None
    said: Callable[[str], Json]
    streams: bool
    tokenizer: Tokenizer | None
    likeliest: bool

    def piece(self, text: str, **more: object) -> Json:
        """An object of the answer; more of its fields tell that it is the last."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return {"model": self.model, "created_at": now, **self.said(text), "done": False, **more}

    def logprobs(self, chunk: CompletionChunk) -> Json:
        """Those of a chunk's tokens, if they are wanted."""
        if self.tokenizer is None:
            return {}
        tokens = told(self.tokenizer, chunk, 0)
        return {"logprobs": [token.plain(self.likeliest) for token in tokens]} if tokens else {}


def router(assistant: Assistant) -> APIRouter:
    """The routes of both."""
    routes = APIRouter()

    @routes.post("/api/generate")
    async def generate(body: Generate, request: Request) -> Response:
        """Go on with a prompt, or write what stands between it and a suffix."""
        asked = _generate(assistant, body, request.app.state.settings)
        return await _tell(assistant, _telling(assistant, body, asked, _response), request)

    @routes.post("/api/chat")
    async def chat(body: Chat, request: Request) -> Response:
        """Go on with a chat."""
        asked = _chat(assistant, body, request.app.state.settings)
        return await _tell(assistant, _telling(assistant, body, asked, _message), request)

    return routes


def _telling(
    assistant: Assistant, body: Asking, asked: Question | None, said: Callable[[str], Json]
) -> Telling:
    if asked and (body.logprobs or body.top_logprobs):
        check_alternatives(body.top_logprobs or 0, assistant, asked.request)
    tokenizer = assistant.tokenizer if body.logprobs else None
    return Telling(body.model, asked, said, body.streams, tokenizer, bool(body.top_logprobs))


def _response(text: str) -> Json:
    return {"response": text}


def _message(text: str) -> Json:
    return {"message": {"role": "assistant", "content": text}}


def _thinks(body: Asking) -> None:
    if body.think:
        raise UsageError("This model does not think before it answers: leave think out.")


def _generate(assistant: Assistant, body: Generate, limits: Settings) -> Question | None:
    """A chat of one turn, where the model has a template and the prompt is not said to be raw."""
    adapter = assistant.adapter_of(_plain(body.model))
    _thinks(body)
    if body.images:
        raise UsageError("Images are not read here: send text alone.")
    if body.template or body.context:
        raise UsageError("template and context are not known here: send the prompt with raw.")
    settings = settings_of(body.options, adapter, limits, PREDICTED)
    settings = replace(settings, json_schema=schema_of(body.format))
    if not body.prompt and body.suffix is None:
        return None
    if body.raw or body.suffix is not None or not _chats(assistant):
        if body.system:
            raise UsageError("A system message is for chats: leave system out.")
        return question(body.prompt, body.suffix, settings)
    system = [Message("system", body.system)] if body.system else []
    return Question(replace(settings, messages=(*system, Message("user", body.prompt))))


def _chat(assistant: Assistant, body: Chat, limits: Settings) -> Question | None:
    adapter = assistant.adapter_of(_plain(body.model))
    _thinks(body)
    if body.tools or any(turn.tool_calls for turn in body.messages):
        raise UsageError("No tools are called here: leave tools out.")
    if any(turn.images for turn in body.messages):
        raise UsageError("Images are not read here: send text alone.")
    settings = settings_of(body.options, adapter, limits)
    turns = tuple(Message(turn.role, turn.content) for turn in body.messages)
    asked = replace(settings, messages=turns, json_schema=schema_of(body.format))
    return Question(asked) if turns else None


def _plain(model: str) -> str:
    return model.removesuffix(":latest")


def _chats(assistant: Assistant) -> bool:
    return assistant.tokenizer is not None and knows_chat(assistant.tokenizer)


async def _tell(assistant: Assistant, telling: Telling, request: Request) -> Response:
    if telling.question is None:
        return JSONResponse(telling.piece("", done=True, done_reason="load"))
    asked = telling.question

    def pieces(cancelled: threading.Event) -> Iterator[Json]:
        return _pieces(assistant, telling, asked, cancelled)

    if telling.streams:
        return await streamed(
            request,
            lambda cancelled: map(_line, pieces(cancelled)),
            media_type="application/x-ndjson",
            failed=lambda error: _line(ollama_error(*told_of(error))),
        )
    return JSONResponse(await whole(request, lambda cancelled: _joined(telling, pieces(cancelled))))


def _pieces(
    assistant: Assistant, telling: Telling, asked: Question, cancelled: threading.Event
) -> Iterator[Json]:
    """A piece for each text; the last has none, and says what it took."""
    begun, first, tokens = time.perf_counter_ns(), 0, 0
    for chunk in answer(assistant, asked, CLIENT, cancelled):
        first = first or time.perf_counter_ns()
        tokens = chunk.spent(tokens)
        more = telling.logprobs(chunk)
        if chunk.text or more:
            yield telling.piece(chunk.text, **more)
        if chunk.finish_reason:
            now = time.perf_counter_ns()
            yield telling.piece(
                "",
                done=True,
                done_reason=FINISH[chunk.finish_reason],
                total_duration=now - begun,
                load_duration=0,
                prompt_eval_count=chunk.prompt_tokens,
                prompt_eval_duration=first - begun,
                eval_count=tokens,
                eval_duration=now - first,
                **told_why(chunk),
            )


def _joined(telling: Telling, pieces: Iterator[Json]) -> Json:
    """The last piece, with the text of all."""
    several = list(pieces)
    text = "".join(_text(piece) for piece in several)
    tokens = [token for piece in several for token in piece.get("logprobs", ())]
    return {**several[-1], **telling.said(text), **({"logprobs": tokens} if tokens else {})}


def _text(piece: Json) -> str:
    said = piece.get("message", piece)
    return str(said.get("content", said.get("response", "")))


def _line(value: Json) -> bytes:
    return json.dumps(value).encode() + b"\n"
