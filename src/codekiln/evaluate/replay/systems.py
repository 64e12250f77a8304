"""What is compared on the same lines: a model alone, with the index, with retrieved text in its prompt."""

import time
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from codekiln.errors import UsageError
from codekiln.evaluate.replay.added import AddedLine
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.typist import Answer
from codekiln.generate import Completer, CompletionRequest, Engine, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.offers import is_worth_showing
from codekiln.generate.verify import Verifier
from codekiln.index.similar import similar
from codekiln.languages import language_of, languages
from codekiln.tasks.context import OpenFile, Snippet, gather
from codekiln.tokenizer import Tokenizer

LONGEST = 48  # tokens of an answer
HEADER = 64  # tokens of a prompt that retrieved text leaves to what is said of the file

Name = Literal["model", "open file", "retrieved", "mixed", "index"]
Context = Callable[[AddedLine], str]
"""Whole lines from elsewhere for the prompt at a line; asked once for each."""


def _nothing(_: AddedLine) -> str:
    return ""


class System:
    """A completer as the language server has it: it offers what parses of a line, if that is worth it.

    `prompt` bounds the tokens that it reads, those of the `context` included.
    """

    def __init__(
        self, name: str, completer: Completer, prompt: int, context: Context = _nothing
    ) -> None:
        self.name = name
        self._completer, self._prompt, self._context = completer, prompt, context
        self._verifier = Verifier()
        self._known: tuple[AddedLine | None, str] = (None, "")

    def __call__(self, line: AddedLine, typed: int) -> Answer:
        """What is said after so many characters of a line, and how long that took in all."""
        begun = time.perf_counter()
        language = language_of(line.path, line.prefix.partition("\n")[0])
        request = CompletionRequest(
            line.prefix + line.text[:typed],
            line.suffix,
            path=line.path,
            language=language.name if language else "",
            context=self._context_of(line),
            lines=1,
            max_tokens=LONGEST,
            max_prompt_tokens=self._prompt,
        )
        said = collect(self._completer, request)
        text = self._verifier.verify(request.prefix, said.text, request.suffix, language).text
        is_offered = is_worth_showing(text, said.logprobs)
        return Answer(text, 1000 * (time.perf_counter() - begun), is_offered)

    def _context_of(self, line: AddedLine) -> str:
        if self._known[0] is not line:
            self._known = line, self._context(line)
        return self._known[1]


def system_names(texts: Sequence[str]) -> tuple[Name, ...]:
    """Names that somebody wrote, each once.

    Raises:
        UsageError: there is no such system.
    """
    known = get_args(Name)
    for text in texts:
        if text not in known:
            raise UsageError(f"There is no system '{text}': choose of {', '.join(known)}.")
    return tuple(name for name in known if name in texts)


def system(
    kind: Name,
    engine: Engine,
    tokenizer: Tokenizer,
    index: GrowingIndex,
    prompt: int,
    name: str = "",
) -> System:
    """One of the systems, on an engine of its own.

    `model` is the model alone, `open file` with that mixed in. `retrieved` has pieces of the index in its
    prompt, `mixed` has the index mixed in, and `index` has both, as in use. The prompt is as long for all:
    what is retrieved takes up to half of it from the open file.
    """
    completer = EngineCompleter(engine, tokenizer, mix=kind in ("open file", "mixed", "index"))
    pieces = similar_pieces(tokenizer, index, retrieved_budget(prompt))

    def context(line: AddedLine) -> str:
        if kind in ("mixed", "index"):
            completer.index = index.index
        return pieces(line) if kind in ("retrieved", "index") else ""

    return System(name or kind, completer, prompt, context)


def retrieved_budget(prompt: int) -> int:
    """The tokens of retrieved text in a prompt; with any more `completion_prompt` would leave all out."""
    return max(prompt // 2 - HEADER, 1)


def similar_pieces(tokenizer: Tokenizer, index: GrowingIndex, budget: int) -> Context:
    """What of the index is like the lines before the cursor, as `codekiln complete --context` has it."""

    def context(line: AddedLine) -> str:
        def hits(lines: str) -> list[Snippet]:
            return [Snippet(*hit) for hit in similar(index.index, lines)]

        language = language_of(line.path)
        file = OpenFile(
            line.path, languages().get(language.name if language else ""), line.prefix, line.suffix
        )
        return gather(tokenizer, file, budget, similar=hits).text

    return context
