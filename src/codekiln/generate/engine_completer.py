"""Answers requests with a model of ours: prompt, prefix cache, drafts and the index put together."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from codekiln.generate.bounds import random_generator, token_limit
from codekiln.generate.completer import CompletionChunk, CompletionRequest
from codekiln.generate.constraint import Constraint
from codekiln.generate.decoding import Guides, Step, decode
from codekiln.generate.engine import Engine
from codekiln.generate.grammar import GrammarCompiler
from codekiln.generate.mixing import Mixing
from codekiln.generate.prefix_cache import PrefixCache
from codekiln.generate.searching import search
from codekiln.generate.speculation import FromAnswer, FromAnswers, FromMatches, Source, Speculation
from codekiln.generate.strategies import Strategy, strategy_of
from codekiln.index import Index, Matcher, Mixture, OpenFile
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer

ANSWERS = 8  # that are remembered


@dataclass(frozen=True)
class Answer:
    """An earlier answer: whatever text continues it is likely to get the rest of it."""

    prefix: str
    text: str
    ids: list[int]

    def rest(self, prefix: str) -> str | None:
        """What of it still lies behind a prefix that agrees with it; None if this does not."""
        typed = prefix[len(self.prefix) :]
        agrees = prefix.startswith(self.prefix) and self.text.startswith(typed)
        return self.text[len(typed) :] if agrees else None


class EngineCompleter:
    """Completes with an engine in this process, one request at a time; others wait for their turn."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        *,
        index: Matcher | None = None,
        mixture: Mixture | None = None,
    ) -> None:
        """Draft from the open file and from an index, if there is one; with a `mixture`, mix them in."""
        self.engine, self.tokenizer = engine, tokenizer
        self._index = index or Index(tokenizer, [])
        self._open_file, self._mixture = OpenFile(tokenizer), mixture
        self._cache, self._speculation = PrefixCache(engine), Speculation()
        self._answers: deque[Answer] = deque(maxlen=ANSWERS)
        self._turn = threading.Lock()

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """A chunk a token, or one alone where answers are searched for; bad settings are refused at once.

        The prompt has what `max_tokens` leaves of the context, or half of it if that is more.
        """
        random_generator(request.seed)
        strategy = strategy_of(request.sampling)
        prompt = self._prompt(request)
        token_limit(self.engine, self.tokenizer, prompt, request.max_tokens, request.stop)
        constraints = tuple(self._constraints(request))
        if request.is_search:
            return self._search(request, prompt, strategy, constraints)
        open_file = self._open_file.index(request.prefix, request.suffix)
        guides = Guides(
            mixer=self._mixture and Mixing(self._mixture, (self._index, open_file)),
            constraints=constraints,
            sources=tuple(self._sources(request, len(prompt), open_file)),
            speculation=self._speculation,
            extent=request.extent(),
            interrupt=request.interrupt(),
        )
        return self._decode(request, prompt, strategy, guides)

    def _decode(
        self, request: CompletionRequest, prompt: list[int], strategy: Strategy, guides: Guides
    ) -> Iterator[CompletionChunk]:
        with self._turn:
            slot = self._cache.slot_for(prompt)
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
                self._remember(request.prefix, written)

    def _search(
        self,
        request: CompletionRequest,
        prompt: list[int],
        strategy: Strategy,
        constraints: Sequence[Constraint],
    ) -> Iterator[CompletionChunk]:
        with self._turn:
            slot = self._cache.slot_for(prompt)
            best = search(slot, self.tokenizer, request, prompt, strategy, constraints)
            yield CompletionChunk(best.text, best.token_ids, (), best.finish_reason, len(prompt))

    def _prompt(self, request: CompletionRequest) -> list[int]:
        context = self.engine.context
        budget = max(context - request.max_tokens, context // 2)
        if request.max_prompt_tokens is not None:
            budget = min(request.max_prompt_tokens, budget)
        return completion_prompt(
            self.tokenizer, request.prefix, request.suffix, request.header, budget, request.context
        )

    def _constraints(self, request: CompletionRequest) -> Iterator[Constraint]:
        if request.json_schema is not None:
            yield self._grammars.json_schema(request.json_schema)

    @cached_property
    def _grammars(self) -> GrammarCompiler:
        return GrammarCompiler(self.tokenizer)

    def _sources(
        self, request: CompletionRequest, start: int, open_file: Matcher
    ) -> Iterator[Source]:
        yield FromMatches("index", self._index)
        yield FromMatches("open file", open_file)
        rest = next(
            (rest for answer in self._answers if (rest := answer.rest(request.prefix))), None
        )
        if rest is not None:
            yield FromAnswer(self.tokenizer.encode(rest), start)
        yield FromAnswers([answer.ids for answer in self._answers])

    def _remember(self, prefix: str, written: list[int]) -> None:
        if written:
            self._answers.appendleft(Answer(prefix, self.tokenizer.decode(written), written))


def _token(step: Step) -> tuple[int, ...]:
    return () if step.token is None else (step.token,)


def _logprob(step: Step) -> tuple[float, ...]:
    return () if step.token is None else (step.logprob,)
