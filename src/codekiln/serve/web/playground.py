"""What the playground asks: a suggestion with how it came about, the search's tree, a layer's attention."""

import dataclasses
import threading
from collections.abc import Callable
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from codekiln.apps.explain import (
    AttentionEngine,
    Recorder,
    attention,
    explained,
    load_reference,
    model_as_json,
    tree,
)
from codekiln.apps.explain.facts import Rows
from codekiln.errors import MissingExtraError, UsageError
from codekiln.generate import CompletionRequest
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.loading import model_folder
from codekiln.generate.turns import Turns
from codekiln.languages import languages
from codekiln.model.hugging_face import read_bound_config
from codekiln.pipeline.report.heatmap import visible
from codekiln.serve.assistant import Assistant
from codekiln.serve.events import Events
from codekiln.serve.http.replies import whole
from codekiln.tokenizer import Tokenizer

CLIENT = "playground"
TOKENS = 64


class Place(BaseModel):
    """A cursor and in what it stands; with `context` no other is looked for.

    A request of one `document` cancels the one before it.
    """

    prefix: str
    suffix: str = ""
    language: str = ""
    context: str = ""
    document: Annotated[str, Field(max_length=80)] = ""
    max_tokens: Annotated[int, Field(ge=1, le=TOKENS)] = 48

    def request(self, cancelled: threading.Event) -> CompletionRequest:
        """As the assistant is asked."""
        if self.language not in ("", *languages()):
            raise UsageError(f"'{self.language}' is no language that we know.")
        return CompletionRequest(
            self.prefix,
            self.suffix,
            language=self.language,
            context=self.context,
            max_tokens=self.max_tokens,
            block=True,
            cancelled=cancelled,
        )


class Search(Place):
    """The same, for the likeliest answer."""

    width: Annotated[int, Field(ge=2, le=8)] = 4


class Fate(BaseModel):
    """What became of a suggestion."""

    id: Annotated[str, Field(max_length=80)]
    kind: Literal["accepted", "dismissed"]


class Looked(BaseModel):
    """The ids of a prompt and of an answer from `first` on; and a head of a layer."""

    ids: Annotated[list[int], Field(min_length=1, max_length=4096)]
    first: int
    layer: int
    head: Annotated[int, Field(ge=0)] = 0


class Reference:
    """The reference engine of the model that answers, loaded when it is first asked for.

    Any thread may ask, and one is answered at a time: what a layer looked at fills much memory.
    """

    def __init__(self, model: Path, engine: object) -> None:
        self._model, self._own = model, engine
        self._turns = Turns()

    def shape(self) -> dict[str, Any]:
        """Layers and heads; or the line that installs what is missing. Nothing is loaded for it."""
        if isinstance(self._own, AttentionEngine):
            return {"layers": self._own.layers, "heads": self._own.heads}
        if find_spec("torch") is None:
            return {"missing": str(MissingExtraError("train", "Looking at attention"))}
        folder = model_folder(self._model)
        config = read_bound_config(folder, Tokenizer.load(folder).fingerprint)
        return {"layers": config.layers, "heads": config.heads}

    def looked(self, body: Looked, cancelled: threading.Event) -> Rows:
        """What the head looked at; nothing where `cancelled` is set before it is begun.

        Raises:
            UsageError: there is no such head, layer or id.
            And as `load_reference`.
        """
        with self._turns.turn(Interrupt(cancelled=cancelled)) as reason:
            if reason:
                return ()
            heads = attention(self._engine, body.ids, body.first, body.layer)
        if body.head >= len(heads):
            raise UsageError(f"There is no head {body.head}: a layer has {len(heads)}, from 0.")
        return heads[body.head]

    @cached_property
    def _engine(self) -> AttentionEngine:
        own = self._own
        return own if isinstance(own, AttentionEngine) else load_reference(self._model)


def add_routes(routes: APIRouter, assistant: Assistant, model: Path) -> None:
    """The routes of the playground."""
    completer = assistant.completer
    working = completer if isinstance(completer, EngineCompleter) else None
    reference = Reference(model, working.engine) if working else None

    def facts() -> dict[str, Any]:
        return {
            "working": model_as_json(assistant.name, working.engine) if working else None,
            "name": assistant.name,
            "languages": list(languages()),
            "attention": reference.shape() if reference else {"missing": ""},
        }

    def suggest(place: Place, cancelled: threading.Event) -> dict[str, Any]:
        request = place.request(cancelled)
        recorder = Recorder(working.tokenizer) if working else None
        watched = dataclasses.replace(request, witness=recorder)
        answer = assistant.suggest(watched, _named(place), client=CLIENT)
        told = explained(recorder, request, answer.suggestion) if recorder else None
        pieces = answer.context.pieces if answer.context else ()
        return {
            "id": answer.id,
            "text": answer.suggestion.text,
            "context": "".join(piece.text for piece in pieces),
            "pieces": [
                {"path": visible(piece.path), "why": visible(piece.why), "tokens": piece.tokens}
                for piece in pieces
            ],
            "explanation": dataclasses.asdict(told) if told else None,
        }

    def search(place: Search, cancelled: threading.Event) -> dict[str, Any]:
        found = None
        if working:
            recorder = Recorder(working.tokenizer)
            request = dataclasses.replace(
                place.request(cancelled), beams=place.width, witness=recorder
            )
            for _ in assistant.stream(request, _named(place, "search")):
                pass
            found = tree(recorder, place.width)
        return {"tree": dataclasses.asdict(found) if found else None}

    def looked(body: Looked, cancelled: threading.Event) -> dict[str, Any]:
        if reference is None:
            raise UsageError("A server's model does not tell what it looked at.")
        return {"rows": reference.looked(body, cancelled)}

    async def replied(request: Request, work: Callable[[threading.Event], Any]) -> dict[str, Any]:
        return dict(await whole(request, work))

    @routes.get("/model")
    async def _model(request: Request) -> dict[str, Any]:
        return await replied(request, lambda _: facts())

    @routes.post("/suggest")
    async def _suggest(body: Place, request: Request) -> dict[str, Any]:
        return await replied(request, lambda cancelled: suggest(body, cancelled))

    @routes.post("/beams")
    async def _beams(body: Search, request: Request) -> dict[str, Any]:
        return await replied(request, lambda cancelled: search(body, cancelled))

    @routes.post("/fate")
    async def _fate(body: Fate, request: Request) -> dict[str, Any]:
        events: Events = request.app.state.events
        events.told(body.kind, body.id)
        return {}

    @routes.post("/attention")
    async def _attention(body: Looked, request: Request) -> dict[str, Any]:
        return await replied(request, lambda cancelled: looked(body, cancelled))


def _named(place: Place, work: str = "") -> str:
    """How admission knows the document; none where the page gave it no name."""
    return f"{CLIENT} {work} {place.document}" if place.document else ""
