"""Answers requests with a model of ours: prompt, prefix cache, drafts and the index put together."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from codekiln.generate.bounds import random_generator, token_limit
from codekiln.generate.completer import CompletionChunk, CompletionRequest
from codekiln.generate.decoding import Guides, Step, decode
from codekiln.generate.engine import Engine
from codekiln.generate.mixing import Mixing
from codekiln.generate.prefix_cache import PrefixCache
from codekiln.generate.speculation import FromAnswer, FromMatches, Source, Speculation
from codekiln.generate.strategies import Strategy, strategy_of
from codekiln.index import Index, Matcher
from codekiln.index.mix import Mixture
from codekiln.index.open_file import OpenFile
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer

ANSWERS = 8  # that are remembered


@dataclass(frozen=True)
class Answer:
    """An earlier answer: whatever text continues it is likely to get the rest of it."""

    prefix: str
    text: str

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
        """Draft from the open file and, if there is one, from an index; with a `mixture` mix them in too."""
        self.engine, self.tokenizer = engine, tokenizer
        self._index = index or Index(tokenizer, [])
        self._open_file, self._mixture = OpenFile(tokenizer), mixture
        self._cache, self._speculation = PrefixCache(engine), Speculation()
        self._answers: deque[Answer] = deque(maxlen=ANSWERS)
        self._turn = threading.Lock()

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """One chunk a token; settings out of bounds are refused at once.

        The prompt has what `max_tokens` leaves of the context, or half of it if that is more.
        """
        random_generator(request.seed)
        prompt = completion_prompt(
            self.tokenizer,
            request.prefix,
            request.suffix,
            request.header,
            self._budget(request),
            request.context,
        )
        token_limit(self.engine, self.tokenizer, prompt, request.max_tokens, request.stop)
        open_file = self._open_file.index(request.prefix, request.suffix)
        guides = Guides(
            mixer=self._mixture and Mixing(self._mixture, (self._index, open_file)),
            sources=tuple(self._sources(request, len(prompt), open_file)),
            speculation=self._speculation,
            extent=request.extent(),
            interrupt=request.interrupt(),
        )
        strategy = strategy_of(request.sampling)
        return self._answer(request, prompt, guides, strategy)

    def _budget(self, request: CompletionRequest) -> int:
        context = self.engine.context
        most = max(context - request.max_tokens, context // 2)
        wanted = request.max_prompt_tokens
        return most if wanted is None else min(wanted, most)

    def _answer(
        self, request: CompletionRequest, prompt: list[int], guides: Guides, strategy: Strategy
    ) -> Iterator[CompletionChunk]:
        with self._turn:
            slot = self._cache.slot_for(prompt)
            written: list[int] = []
            try:
                for step in decode(
                    slot,
                    self.tokenizer,
                    prompt,
                    strategy=strategy,
                    max_tokens=request.max_tokens,
                    stop=request.stop,
                    seed=request.seed,
                    guides=guides,
                ):
                    written += _token(step)
                    yield CompletionChunk(
                        step.text, _token(step), _logprob(step), step.finish_reason, len(prompt)
                    )
            finally:
                self._remember(request.prefix, written)

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

    def _remember(self, prefix: str, written: list[int]) -> None:
        if written:
            self._answers.appendleft(Answer(prefix, self.tokenizer.decode(written)))


def _token(step: Step) -> tuple[int, ...]:
    return () if step.token is None else (step.token,)


def _logprob(step: Step) -> tuple[float, ...]:
    return () if step.token is None else (step.logprob,)
