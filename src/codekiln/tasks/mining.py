"""Examples of all tasks from the documents of one block: the same documents give the same examples.

Each is checked before it is kept: that its answer, put where it is asked for, gives the author's text, and
that it holds no item of a benchmark. What became of everything is counted.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from codekiln.corpus import CommittedChange, Document, Split
from codekiln.corpus.contamination import Benchmarks
from codekiln.corpus.duplicates import token_hashes
from codekiln.languages import languages
from codekiln.tasks.context import OpenFile, TextFolder, gather
from codekiln.tasks.cuts import cuts
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.fix.commits import Edited, fixes
from codekiln.tasks.fix.injection import Injector
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.trial import Run
from codekiln.tasks.implement.mining import Found, implementations
from codekiln.tokenizer import Tokenizer

CUTS = 4  # completions of one file
BEFORE, AFTER = 8000, 4000  # characters of a completion's file that are kept, whole lines
SPARE = 3  # times as many implementations are looked at as are wanted
NEARBY = 2000  # characters around an answer that are compared with the benchmarks


class Wanted(NamedTuple):
    """How many examples a block is to give at most."""

    completions: int
    implementations: int
    bugs: int


@dataclass
class Miner:
    """Mines blocks. `counts` has a table for each task: what became of each candidate."""

    tokenizer: Tokenizer
    benchmarks: Benchmarks
    run: Run | None
    context_rate: float
    context_tokens: int
    bug_languages: tuple[str, ...]
    seed: int
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def examples(self, block: Sequence[Document], wanted: Wanted) -> Iterator[TaskExample]:
        """The examples of a block of documents, those of one task after those of another."""
        documents = sorted(block, key=lambda each: self._random(each.sha256).random())
        yield from self._sound(self._completions(documents, wanted.completions), "completion")
        yield from self._sound(
            self._implementations(documents, wanted.implementations), "implement"
        )
        if self.run and wanted.bugs:
            yield from self._sound(self._bugs(documents, wanted.bugs), "bugs")

    def bug_fixes(self, changes: Iterable[CommittedChange], split: Split) -> Iterator[TaskExample]:
        """The examples that commits give to one split; whole commits are looked at, whatever they touch."""
        edits = (
            Edited(
                _origin(change, change.commit),
                change.message,
                change.before,
                change.after,
                change.split == split,
            )
            for change in changes
        )
        yield from self._sound(fixes(edits, self.counts["commits"]), "commits")

    def _completions(self, documents: Sequence[Document], most: int) -> Iterator[TaskExample]:
        folders = _folders(documents)
        made = 0
        for document in documents:
            language = languages().get(document.language)
            if made >= most:
                return
            if language is None:
                continue
            generator = self._random(document.sha256)
            text = document.content
            for cut in cuts(language, text, min(CUTS, most - made), generator):
                prefix, suffix = _excerpt(text[: cut.start], text[cut.end :])
                target = text[cut.start : cut.end]
                if prefix + target + suffix not in text:
                    self.counts["completion"]["is not the original"] += 1
                    continue
                made += 1
                example = TaskExample(
                    "completion", cut.kind, _origin(document), target, prefix=prefix, suffix=suffix
                )
                if generator.random() < self.context_rate:
                    example = self._with_context(example, folders[document.repository])
                yield example

    def _with_context(self, example: TaskExample, folder: TextFolder) -> TaskExample:
        """The example with what the prompt in use would have from other files."""
        origin = example.origin
        file = OpenFile(origin.path, languages()[origin.language], example.prefix, example.suffix)
        found = gather(self.tokenizer, file, self.context_tokens, folder=folder)
        return replace(example, related=found.text)

    def _implementations(self, documents: Sequence[Document], most: int) -> Iterator[TaskExample]:
        """Of each repository by turns, the functions first that need least of their file."""
        found: dict[str, list[Found]] = defaultdict(list)
        looked = 0
        for document in documents:
            if looked >= SPARE * most:
                break
            counts = self.counts["implement"]
            good = implementations(_origin(document), document.content, counts)
            found[document.repository] += good
            looked += len(good)
        ranked = [
            (turn, each)
            for of_one in found.values()
            for turn, each in enumerate(sorted(of_one, key=lambda each: each.foreign))
        ]
        ranked.sort(key=lambda pair: pair[0])
        yield from (each.example for _, each in ranked[:most])

    def _bugs(self, documents: Sequence[Document], most: int) -> Iterator[TaskExample]:
        assert self.run is not None
        injector = Injector(self.run, self.seed, self.counts["bugs"])
        for document in documents:
            if self.bug_languages and document.language not in self.bug_languages:
                continue
            for example in injector.examples(_origin(document), document.content):
                yield example
                most -= 1
                if not most:
                    return

    def _sound(self, examples: Iterable[TaskExample], table: str) -> Iterator[TaskExample]:
        """Those that have an answer and hold no item of a benchmark."""
        for example in examples:
            text = _whole(example)
            if not example.target.strip():
                self.counts[table]["empty answer"] += 1
            elif self.benchmarks.match(text, token_hashes(text)):
                self.counts[table]["in a benchmark"] += 1
            else:
                self.counts[table]["example"] += 1
                yield example

    def _random(self, key: str) -> random.Random:
        return random.Random(f"{self.seed}:{key}")


def _origin(given: Document | CommittedChange, commit: str = "") -> Origin:
    return Origin(given.source, given.repository, given.path, given.licence, given.language, commit)


def _folders(documents: Iterable[Document]) -> dict[str, TextFolder]:
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for document in documents:
        texts[document.repository][document.path] = document.content
    return {name: TextFolder(files) for name, files in texts.items()}


def _excerpt(prefix: str, suffix: str) -> tuple[str, str]:
    """The end of a prefix and the beginning of a suffix, whole lines, if they are long."""
    if len(prefix) > BEFORE:
        prefix = prefix[prefix.find("\n", len(prefix) - BEFORE) + 1 :]
    if len(suffix) > AFTER:
        suffix = suffix[: suffix.rfind("\n", 0, AFTER) + 1] or suffix[:AFTER]
    return prefix, suffix


def _whole(example: TaskExample) -> str:
    """What an example teaches: the answer where it belongs."""
    if example.task == "fix":
        return Patch.parse(example.target).apply(example.code)
    return example.prefix[-NEARBY:] + example.target + example.suffix[:NEARBY]
