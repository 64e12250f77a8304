"""How OpenAI's interfaces tell an answer: in one object, or in pieces as server-sent events."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from codekiln.generate import CompletionChunk, FinishReason
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.answers import (
    FINISH,
    Question,
    Told,
    answer,
    in_time,
    told,
    told_why,
)
from codekiln.serve.http.errors import openai_error, told_of
from codekiln.serve.http.replies import streamed, whole
from codekiln.tokenizer import Tokenizer

Json = dict[str, Any]
CLIENT = "openai"


@dataclass(frozen=True)
class Form:
    """One interface: what a choice says of a text, whole and in pieces, and of its tokens.

    `opening` is what a choice says before its first piece.
    """

    kind: str
    piece_kind: str
    id: str
    whole: Callable[[str], Json]
    piece: Callable[[str], Json]
    logprobs: Callable[[list[Told], bool], Json]
    opening: Json | None = None


@dataclass(frozen=True)
class Wanted:
    """The questions, one a choice, and what is to be told of their answers.

    `each` choices in a row are of one prompt, which usage counts once. `tokenizer` reads the ids whose
    probabilities are told; with `likeliest` they are told as the best of their alternatives, too. A stream
    ends with its usage in the last piece, in one more, or nowhere.
    """

    form: Form
    model: str
    questions: tuple[Question, ...]
    each: int = 1
    tokenizer: Tokenizer | None = None
    likeliest: bool = False
    streams: bool = False
    usage: Literal["nowhere", "last", "more"] = "nowhere"

    def head(self, kind: str) -> Json:
        """What every object of the answer begins with."""
        return {
            "id": f"{self.form.id}-{uuid.uuid4().hex}",
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
        }

    def tokens(self, chunk: CompletionChunk, start: int) -> list[Told]:
        """Those of a chunk whose text begins at `start`, if they are to be told."""
        return told(self.tokenizer, chunk, start) if self.tokenizer else []

    def choice(
        self, index: int, said: Json, tokens: list[Told], reason: FinishReason | None
    ) -> Json:
        """A choice, or a piece of one, with what the form says of its text."""
        return {
            "index": index,
            **said,
            "logprobs": self.form.logprobs(tokens, self.likeliest) if self.tokenizer else None,
            "finish_reason": FINISH[reason] if reason else None,
        }


@dataclass
class Count:
    """The tokens so far."""

    prompt: int = 0
    answers: int = 0
    answer: int = 0  # the one that comes

    def add(self, chunk: CompletionChunk, first: bool) -> None:
        """Of one more chunk of a prompt's `first` answer or another; its last one knows the prompt's."""
        self.answer = chunk.spent(self.answer)
        if chunk.finish_reason:
            self.answers, self.answer = self.answers + self.answer, 0
            self.prompt += chunk.prompt_tokens if first else 0

    def told(self) -> Json:
        """As `usage` has it."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.answers,
            "total_tokens": self.prompt + self.answers,
        }


async def tell(assistant: Assistant, wanted: Wanted, request: Request) -> Response:
    """The response to a request; raises as `replies.whole`."""
    if wanted.streams:
        return await streamed(
            request,
            lambda cancelled: _events(assistant, wanted, cancelled),
            media_type="text/event-stream",
            failed=lambda error: _event(openai_error(*told_of(error))),
        )
    return JSONResponse(
        await whole(request, lambda cancelled: _object(assistant, wanted, cancelled))
    )


def _object(assistant: Assistant, wanted: Wanted, cancelled: threading.Event) -> Json:
    count, choices, form = Count(), [], wanted.form
    for index, asked in enumerate(in_time(wanted.questions)):
        text, tokens, reason, why = asked.echo, list[Told](), None, Json()
        for chunk in answer(assistant, asked, CLIENT, cancelled):
            count.add(chunk, index % wanted.each == 0)
            tokens += wanted.tokens(chunk, len(text))
            text += chunk.text
            reason, why = chunk.finish_reason, told_why(chunk)
        choices.append(wanted.choice(index, form.whole(text), tokens, reason) | why)
    return {**wanted.head(form.kind), "choices": choices, "usage": count.told()}


def _events(assistant: Assistant, wanted: Wanted, cancelled: threading.Event) -> Iterator[bytes]:
    """Nothing comes before an answer has begun, so that what is refused still has its status."""
    form, count = wanted.form, Count()
    head = wanted.head(form.piece_kind) | ({"usage": None} if wanted.usage == "more" else {})
    for index, asked in enumerate(in_time(wanted.questions)):
        place = len(asked.echo)
        opening = [said for said in (form.opening, asked.echo and form.piece(asked.echo)) if said]
        for chunk in answer(assistant, asked, CLIENT, cancelled):
            count.add(chunk, index % wanted.each == 0)
            for said in opening:
                yield _event({**head, "choices": [wanted.choice(index, said, [], None)]})
            opening, tokens = [], wanted.tokens(chunk, place)
            if chunk.text or tokens:
                piece = wanted.choice(index, form.piece(chunk.text), tokens, None)
                yield _event({**head, "choices": [piece]})
            place += len(chunk.text)
            if chunk.finish_reason:
                end = wanted.choice(index, form.piece(""), [], chunk.finish_reason)
                last = wanted.usage == "last" and index + 1 == len(wanted.questions)
                usage = {"usage": count.told()} if last else {}
                yield _event({**head, "choices": [end | told_why(chunk)], **usage})
    if wanted.usage == "more":
        yield _event({**head, "choices": [], "usage": count.told()})
    yield b"data: [DONE]\n\n"


def _event(value: Json) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()
