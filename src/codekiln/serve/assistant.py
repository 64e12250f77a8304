"""What every transport calls: a place in a file becomes a suggestion, with what its prompt was given.

One model and at most one folder stand behind it. Any thread may ask.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf
from typing import TypeVar

from codekiln.apps.gathered import gathered_in
from codekiln.apps.suggest import Suggestion, suggest
from codekiln.errors import UnknownModelError, UsageError
from codekiln.generate import (
    Completer,
    Completion,
    CompletionChunk,
    CompletionRequest,
    collect,
)
from codekiln.generate.engine_completer import EngineCompleter, InTurn, Unbegun
from codekiln.generate.turns import Turns
from codekiln.generate.verify import Verifier
from codekiln.index import Index
from codekiln.languages import language_of
from codekiln.serve.admission import Admission
from codekiln.serve.embedder import Embedder
from codekiln.serve.nameless import Names
from codekiln.serve.watched import WatchedFolder
from codekiln.tasks.context import Context, Snippet, WorkingFolder
from codekiln.tokenizer import Tokenizer

T = TypeVar("T")

CONTEXT_TOKENS = 448  # of other files in a prompt, where a folder is known
VARIED = 0.6  # the temperature of further answers, where the first had none


@dataclass(frozen=True)
class Answer:
    """A suggestion, and which pieces of other files its prompt had (None: none were looked for).

    `client` is the format or protocol it was asked in; `id` is what its editor may call it later.
    """

    suggestion: Suggestion
    context: Context | None
    client: str
    language: str
    milliseconds: float
    id: str


class Assistant:
    """A completer with admission, context of a folder, and verification around it."""

    def __init__(
        self,
        completer: Completer,
        *,
        name: str,
        tokenizer: Tokenizer | None,
        folder: WatchedFolder | None = None,
        admission: Admission | None = None,
        also: Sequence[str] = (),
        adapters: Sequence[str] = (),
        embedder: Embedder | None = None,
        measure: Tokenizer | None = None,
        context_tokens: int = CONTEXT_TOKENS,
    ) -> None:
        """`name` is the model's, for formats that tell it; a server's model has no `tokenizer` of ours.

        It is known by the names in `also`, too.
        `adapters` are the names of those that the completer has. `embedder` makes vectors, if any does.
        `measure` tells how long a context is, where the model has no tokenizer that does.
        """
        self.completer, self.name, self.tokenizer = completer, name, tokenizer
        self._also, self.adapters = tuple(also), tuple(adapters)
        self.embedder = embedder
        self._measure = measure or tokenizer
        self.listeners: list[Callable[[Answer], None]] = []  # told of answers that are still wanted
        self.folder, self.admission = folder, admission or Admission()
        self._context_tokens = context_tokens
        self._files = WorkingFolder(folder.root) if folder else None  # for one thread at a time
        self._answering: Completer = completer
        self._turns = Turns()
        # Where suggestions are made. Whoever waits for a turn has a thread, and what libraries remember for
        # each thread that calls them (`tokenizers`, for one) is a megabyte.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="maker")
        if isinstance(completer, EngineCompleter):
            self._answering, self._turns = InTurn(completer), completer.turns
        self._names = Names()
        self._verifier = Verifier()

    @property
    def models(self) -> tuple[str, ...]:
        """The names that a request may give: the model's own and others, and those of its adapters."""
        return (self.name, *self._also, *self.adapters)

    def adapter_of(self, model: str) -> str:
        """Which adapter a request means that asks for a model; none where it asks for none.

        Raises:
            UnknownModelError: there is no model of that name.
        """
        if model not in ("", *self.models):
            known = ", ".join(self.models)
            raise UnknownModelError(f"There is no model '{model}' here: ask for one of {known}.")
        return model if model in self.adapters else ""

    def named(self, request: CompletionRequest, beside: Iterable[str] = ()) -> CompletionRequest:
        """With path and language, where its client told none, as `Names` finds them in the folder."""
        return self._names.named(request, self._index, beside)

    def suggest(
        self,
        request: CompletionRequest,
        document: str = "",
        recent: Sequence[Snippet] = (),
        client: str = "",
    ) -> Answer:
        """What may be shown at the cursor. `document` names the file as its editor does.

        Where the request has no `context` yet, what the folder has for it is put in, and of the snippets
        that its user looked at or edited lately, the last one first. Listeners are told of the answer.

        Raises:
            OverloadedError: too many ask at once.
            UsageError: the request is out of bounds.
            ServerError: the server behind it fails.
        """
        [answer] = self.alternatives(request, 1, document, recent, client)
        return answer

    def alternatives(
        self,
        request: CompletionRequest,
        most: int,
        document: str = "",
        recent: Sequence[Snippet] = (),
        client: str = "",
    ) -> list[Answer]:
        """The answer of `suggest`, and others that were sampled while there is time, each said once.

        They are one request: it has one place, one time, and is ended by a newer one as a whole. Listeners
        are told of the first alone. Errors as `suggest`.
        """
        answers: list[Answer] = []
        with self.admission.admitted(document, request.cancelled) as cancelled:
            for asked in _varied(replace(request, cancelled=cancelled), most):
                answer = self._answer(asked, recent, client)
                if not answers and not cancelled.is_set():
                    for listener in self.listeners:
                        listener(answer)
                said = [each.suggestion.text for each in answers]
                if not answers or answer.suggestion.text not in ("", *said):
                    answers.append(answer)
        return answers

    def _answer(self, request: CompletionRequest, recent: Sequence[Snippet], client: str) -> Answer:
        """To a request that is admitted."""
        begun = time.perf_counter()

        def answered(prepared: _Prepared) -> Answer:
            asked = prepared.request
            found = suggest(prepared.completer, asked, index=self._index, verifier=self._verifier)
            milliseconds = 1000 * (time.perf_counter() - begun)
            number = f"cmpl-{uuid.uuid4()}"
            return Answer(found, prepared.context, client, asked.language, milliseconds, number)

        return self._in_turn(request, recent, answered)

    def warm(self, request: CompletionRequest, recent: Sequence[Snippet] = ()) -> Completion:
        """Have a prompt read, so that the next one like it is answered sooner; nothing is to be shown.

        Errors as `suggest`.
        """

        def read(prepared: _Prepared) -> Completion:
            return collect(prepared.completer, self._only_read(prepared.request))

        with self.admission.admitted(cancelled=request.cancelled) as cancelled:
            return self._in_turn(replace(request, cancelled=cancelled), recent, read)

    def stream(self, request: CompletionRequest, document: str = "") -> Iterator[CompletionChunk]:
        """What the model writes, as it writes it, unverified; errors as `suggest`, with the first chunk."""
        with self.admission.admitted(document, request.cancelled) as cancelled:
            yield from self.completer.complete(replace(request, cancelled=cancelled))

    def _only_read(self, request: CompletionRequest) -> CompletionRequest:
        """For the prompt that the request will have, of which one token is written."""
        own = self.completer if isinstance(self.completer, EngineCompleter) else None
        room = own.room(request) if own else request.max_prompt_tokens
        return replace(request, max_tokens=1, max_prompt_tokens=room)

    @property
    def _index(self) -> Index | None:
        return self.folder.index if self.folder else None

    def _in_turn(
        self,
        request: CompletionRequest,
        recent: Sequence[Snippet],
        work: Callable[["_Prepared"], T],
    ) -> T:
        """What `work` makes of the request with its context. What gets no turn has no context.

        A model of ours answers within the same turn, so that nothing is begun for who will not wait for its
        end; a server answers several at once.
        """
        begun = time.monotonic()

        def prepared() -> _Prepared:
            asked, context = self._with_context(_less(request, waited), recent)
            return _Prepared(asked, context, self._answering)

        with self._turns.turn(request.interrupt()) as reason:
            if reason:
                return work(_Prepared(request, None, Unbegun(reason)))
            waited = round(1000 * (time.monotonic() - begun))
            if self._answering is not self.completer:
                return self._maker.submit(lambda: work(prepared())).result()
            ready = self._maker.submit(prepared).result()
        return work(ready)

    def _with_context(
        self, request: CompletionRequest, recent: Sequence[Snippet]
    ) -> tuple[CompletionRequest, Context | None]:
        if not request.language and request.path:
            language = language_of(request.path)
            request = replace(request, language=language.name if language else "")
        if request.context or not (self.folder or recent):
            return request, None
        if self._measure is None:
            raise UsageError("Context of other files is measured in tokens: give --model as well.")
        found = gathered_in(
            request, self._files, self._measure, self._index, self._context_tokens, recent
        )
        return replace(request, context=found.text), found


@dataclass(frozen=True)
class _Prepared:
    request: CompletionRequest
    context: Context | None
    completer: Completer


def _varied(request: CompletionRequest, most: int) -> Iterator[CompletionRequest]:
    """The request, and others like it that are sampled, as long as it has time left and is wanted."""
    begun = time.monotonic()
    yield request
    deadlines = (request.line_deadline_ms, request.deadline_ms)
    whole = min((each for each in deadlines if each is not None), default=inf)
    for number in range(1, most):
        spent = 1000 * (time.monotonic() - begun)
        if spent >= whole or request.interrupt().reason():
            return
        temperature = request.temperature or VARIED
        yield replace(_less(request, spent), temperature=temperature, seed=request.seed + number)


def _less(request: CompletionRequest, waited: float) -> CompletionRequest:
    """With what is left of its time after so many milliseconds."""
    line, whole = request.line_deadline_ms, request.deadline_ms
    return replace(
        request,
        line_deadline_ms=None if line is None else max(line - waited, 0.0),
        deadline_ms=None if whole is None else max(whole - waited, 1.0),
    )
