"""Answers requests with a model of ours: prompt, prefix cache, drafts and the index put together."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from codekiln.errors import UsageError
from codekiln.generate.bounds import random_generator, token_limit
from codekiln.generate.completer import CompletionChunk, CompletionRequest
from codekiln.generate.constraints.constraint import Constraint
from codekiln.generate.constraints.grammar import GrammarCompiler
from codekiln.generate.constraints.healing import Healer
from codekiln.generate.decoding import Guides, Step, decode
from codekiln.generate.engine import Engine
from codekiln.generate.extents import Extent, Hurried
from codekiln.generate.interrupt import Interrupt, Interruption
from codekiln.generate.mixing import Mixing
from codekiln.generate.prefix_cache import PrefixCache
from codekiln.generate.search.choice import search
from codekiln.generate.speculation import FromAnswer, FromAnswers, FromMatches, Source, Speculation
from codekiln.generate.strategies import Strategy, strategy_of
from codekiln.generate.turns import Turns
from codekiln.generate.warm_up import warm_up
from codekiln.index import Documents, Index, Matcher, OpenFile, default_mixture
from codekiln.tasks import completion_prompt
from codekiln.tasks.chat import chat_prompt
from codekiln.tokenizer import Tokenizer

ANSWERS = 32  # that are remembered, for those who type on along them
TAIL = 1000  # characters by which their prefixes are known again
DRAFTED_FROM = 8  # of them: the latest, for all others
SHARE = 0.1  # seconds that an answer may take before it is hurried for those who wait


@dataclass(frozen=True)
class Answer:
    """An earlier answer: whatever text continues it is likely to get the rest of it.

    The prefix that it was given to has `at` characters and ends with `tail`. A text that is another one
    further up gets a draft that does not hold.
    """

    tail: str
    at: int
    text: str
    ids: list[int]

    def rest(self, prefix: str) -> str | None:
        """What of it still lies behind a prefix that agrees with it; None if this does not."""
        typed = prefix[self.at :]
        is_same = len(prefix) >= self.at and prefix.endswith(self.tail, 0, self.at)
        return self.text[len(typed) :] if is_same and self.text.startswith(typed) else None


class EngineCompleter:
    """Completes with an engine in this process, one request at a time; others wait for their turn.

    Any thread may ask. An answer with a deadline for its line makes room with the line for those who wait.
    Who takes one of the `turns` beforehand, to prepare something, asks `InTurn`.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        *,
        index: Documents | None = None,
        mix: bool = False,
        heal: bool = True,
        adapters: Mapping[str, Engine] | None = None,
    ) -> None:
        """Draft from the open file and from an index, if there is one; with `mix`, mix them in as well.

        Of the index the file that a request names is left out: it is open, and newer than that.

        `adapters` are engines of the same base with adapters, by the names that a request may give.
        `index` may be replaced while nobody completes. With `heal` the word at the cursor is written
        anew, so that its tokens are those of training.
        """
        self.tokenizer = tokenizer
        self.engine = engine.twin()  # who holds this one holds nothing that the other has read
        self.index = index or Index(tokenizer, [])
        self._open_file = OpenFile(tokenizer)
        self._mixes, self._heals = mix, heal
        engines = {"": engine, **(adapters or {})}
        self._caches = {name: PrefixCache(one) for name, one in engines.items()}
        self._speculation = Speculation(engine.stride)
        self._answers: deque[Answer] = deque(maxlen=ANSWERS)
        self.turns = Turns()

    def warm_up(self) -> None:
        """Have its engines make what they need, half a second or so; for who completes for long."""
        for cache in self._caches.values():
            warm_up(cache.engine)

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """A chunk a token, or one alone where answers are searched for; bad settings are refused at once.

        The prompt has what `max_tokens` leaves of the context, or half of it if that is more. A chat has
        to fit whole; it is answered by the model alone, without the index and the open file.
        """
        interrupt = request.interrupt()  # the time begins to run
        answer, prompt_tokens = self.answer(request)
        return self._waiting(answer, interrupt, prompt_tokens)

    def answer(self, request: CompletionRequest) -> tuple[Iterator[CompletionChunk], int]:
        """As `complete`, and the prompt's tokens; not to be begun but in one of the `turns`."""
        self._check_adapter(request.adapter)
        interrupt, extent = request.interrupt(), request.extent()  # their time begins to run
        random_generator(request.seed)
        strategy = strategy_of(request.sampling)
        prompt, constraint, again = self._bounded(request)
        token_limit(self.engine, self.tokenizer, prompt, request.max_tokens, request.stop)
        request = replace(request, max_tokens=request.max_tokens + again)
        if request.is_search:
            answer = self._search(request, prompt, strategy, constraint, interrupt)
        else:
            answer = self._decode(request, prompt, strategy, constraint, extent, interrupt)
        return answer, len(prompt)

    def _waiting(
        self, answer: Iterator[CompletionChunk], interrupt: Interrupt, prompt_tokens: int
    ) -> Iterator[CompletionChunk]:
        """The answer once no other is being written, or the reason why it was not waited for."""
        with self.turns.turn(interrupt) as reason:
            if reason:
                yield CompletionChunk("", (), (), reason, prompt_tokens)
            else:
                yield from answer

    def _guides(
        self,
        request: CompletionRequest,
        start: int,
        constraint: Constraint | None,
        extent: Extent,
        interrupt: Interrupt,
    ) -> Guides:
        """What helps with an answer that begins now, behind `start` ids."""
        if request.is_chat:
            drafts = (FromAnswers(self._latest()),)
            return Guides(None, constraint, drafts, self._speculation, interrupt=interrupt)
        open_file = self._open_file.index(request.prefix, request.suffix)
        index = self.index.without(request.path) if request.path else self.index
        overlap = constraint.overlap if constraint else 0
        return Guides(
            mixer=self._mixing(request, (index, open_file)) if self._mixes else None,
            constraint=constraint,
            sources=tuple(self._sources(request.prefix, overlap, start, index, open_file)),
            speculation=self._speculation,
            extent=self._sharing(extent) if request.line_deadline_ms is not None else extent,
            interrupt=interrupt,
            witness=request.witness,
        )

    def _sharing(self, extent: Extent) -> Extent:
        """Hurried for those who wait, after a fair share of the time."""
        until = time.monotonic() + SHARE
        return Hurried(extent, lambda: time.monotonic() >= until and self.turns.wanted)

    def _check_adapter(self, name: str) -> None:
        if name not in self._caches:
            known = ", ".join(filter(None, self._caches)) or "none"
            raise UsageError(f"There is no adapter '{name}': loaded are {known}.")

    def _decode(
        self,
        request: CompletionRequest,
        prompt: list[int],
        strategy: Strategy,
        constraint: Constraint | None,
        extent: Extent,
        interrupt: Interrupt,
    ) -> Iterator[CompletionChunk]:
        guides = self._guides(request, len(prompt), constraint, extent, interrupt)
        overlap = constraint.overlap if constraint else 0
        if guides.witness:
            guides.witness.begins(prompt, overlap)
        slot = self._caches[request.adapter].slot_for(prompt)
        steps = decode(
            slot,
            self.tokenizer,
            prompt,
            strategy=strategy,
            max_tokens=request.max_tokens,
            stop=request.stop,
            seed=request.seed,
            guides=guides,
        )
        written: list[int] = []
        try:
            for step in steps:
                written += _token(step)
                yield CompletionChunk(
                    step.text, _token(step), _logprob(step), step.finish_reason, len(prompt)
                )
        finally:
            self._remember(request.prefix, written, overlap)

    def _search(
        self,
        request: CompletionRequest,
        prompt: list[int],
        strategy: Strategy,
        constraint: Constraint | None,
        interrupt: Interrupt,
    ) -> Iterator[CompletionChunk]:
        if request.witness:
            request.witness.begins(prompt, constraint.overlap if constraint else 0)
        slot = self._caches[request.adapter].slot_for(prompt)
        best = search(slot, self.tokenizer, request, prompt, strategy, constraint, interrupt)
        yield CompletionChunk(best.text, best.token_ids, (), best.finish_reason, len(prompt))

    def _mixing(self, request: CompletionRequest, matchers: tuple[Matcher, ...]) -> Mixing:
        """With the weights for whole lines, or for right probabilities where these are sampled from."""
        mixture = default_mixture("loss" if request.temperature else "lines")
        return Mixing(mixture, matchers, request.witness)

    def room(self, request: CompletionRequest) -> int:
        """How many tokens its prompt may have."""
        context = self.engine.context
        most = max(context - request.max_tokens, context // 2)
        return most if request.max_prompt_tokens is None else min(request.max_prompt_tokens, most)

    def _prompt(self, request: CompletionRequest) -> list[int]:
        budget = self.room(request)
        if request.is_chat:
            return self._chat(request, budget)
        return completion_prompt(
            self.tokenizer, request.prefix, request.suffix, request.header, budget, request.context
        )

    def _chat(self, request: CompletionRequest, budget: int) -> list[int]:
        """Whole, since a turn cut off at its beginning would say something else."""
        prompt = chat_prompt(self.tokenizer, request.messages)
        if len(prompt) > budget:
            raise UsageError(
                f"The messages have {len(prompt)} tokens, and {budget} is the room for them: send fewer, "
                "or ask for a shorter answer."
            )
        return prompt

    def _bounded(self, request: CompletionRequest) -> tuple[list[int], Constraint | None, int]:
        """The prompt, what the answer to it has to be, and how many tokens of the prompt it begins with.

        The answer is a schema's JSON, or goes on from the word at the cursor.
        """
        prompt = self._prompt(request)
        if request.json_schema is not None:
            return prompt, self._grammars.json_schema(request.json_schema), 0
        if not self._heals or not request.prefix:
            return prompt, None, 0
        healed, healing = self._healer.heal(prompt)
        return healed, healing, len(prompt) - len(healed)

    @cached_property
    def _healer(self) -> Healer:
        return Healer(self.tokenizer)

    @cached_property
    def _grammars(self) -> GrammarCompiler:
        return GrammarCompiler(self.tokenizer)

    def _sources(
        self, prefix: str, overlap: int, start: int, index: Matcher, open_file: Matcher
    ) -> Iterator[Source]:
        """The likeliest to hold first: of drafts with equal hit rates the first is read."""
        rest = next((rest for answer in self._answers if (rest := answer.rest(prefix))), None)
        if rest is not None:
            data = prefix.encode()
            healed = data[len(data) - overlap :].decode(errors="ignore")
            yield FromAnswer(self.tokenizer.encode(healed + rest), start)
        yield FromAnswers(self._latest())
        yield FromMatches("index", index)
        yield FromMatches("open file", open_file)

    def _latest(self) -> list[list[int]]:
        return [answer.ids for answer in islice(self._answers, DRAFTED_FROM)]

    def _remember(self, prefix: str, written: list[int], overlap: int) -> None:
        data = b"".join(map(self.tokenizer.bytes_of, written))
        if len(data) > overlap:
            text = data[overlap:].decode(errors="replace")
            self._answers.appendleft(Answer(prefix[-TAIL:], len(prefix), text, written))


@dataclass(frozen=True)
class InTurn:
    """A completer for who has one of its `turns` already."""

    completer: EngineCompleter

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """As `EngineCompleter.complete`."""
        return self.completer.answer(request)[0]


@dataclass(frozen=True)
class Unbegun:
    """A completer for who got no turn: says why, and has read nothing."""

    reason: Interruption

    def complete(self, _: CompletionRequest) -> Iterator[CompletionChunk]:
        """That reason alone."""
        yield CompletionChunk("", (), (), self.reason)


def _token(step: Step) -> tuple[int, ...]:
    return () if step.token is None else (step.token,)


def _logprob(step: Step) -> tuple[float, ...]:
    return () if step.token is None else (step.logprob,)
