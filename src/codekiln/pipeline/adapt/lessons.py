"""Examples from a folder's own code: completions cut at syntax nodes, and text with what follows it.

Both are rendered as prompts in use are. Of a file that an earlier adaptation knew only the new lines are
to be written; what stands around them is context.
"""

import difflib
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.corpus import Document, documents
from codekiln.errors import CorpusError
from codekiln.inputs.examples import Example
from codekiln.inputs.formats import Header, header_ids
from codekiln.languages import languages
from codekiln.tasks.cuts import cuts
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.rows import row_of
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer

CUT_EVERY = 1000  # characters of a file for each completion
TRIED = 8  # times as many cuts are looked at where only some lines are new
BEFORE, AFTER = (
    4000,
    2000,
)  # characters around a completion, of which the row takes what it has room for
SHORT = 2  # a completion takes half of a row, so that its answer costs less
CONTEXT = 4  # a quarter of a row of text is what came before
HELD_OUT = 0.1  # share of the tokens
FEWEST = 8  # examples without which nothing is tuned

Span = tuple[int, int]  # characters


@dataclass(frozen=True)
class LessonsConfig:
    """Settings of the lessons; after so many `characters` no more files are taken.

    `held_out` bounds the tokens of examples by which tuning is watched; each look takes time for all.
    """

    row_length: int
    held_out: int = 8192
    characters: int = 4_000_000
    seed: int = 0


def build(config: LessonsConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write `train.jsonl` and `held_out.jsonl`, whole files in either where there are enough.

    Of the corpus `known`, if there is one, nothing is learned again.

    Raises:
        CorpusError: there is too little to learn from.
    """
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    known = _texts(inputs["known"]) if "known" in inputs else {}
    found = _drawn(inputs["corpus"], known, config)
    lessons: list[list[Example]] = []
    with progress("lessons", len(found), "files") as task:
        for document in found:
            spans = new_spans(known.get(document.path, ""), document.content)
            lessons.append(list(_examples(tokenizer, document, spans, config)))
            task.advance()
    train, held_out = _divided([group for group in lessons if group], config.held_out)
    if len(train) + len(held_out) < FEWEST:
        raise CorpusError(
            "There is too little new code to learn from: adapt when there is more, or without --minutes, "
            "by the index alone."
        )
    for name, examples in (("train", train), ("held_out", held_out)):
        rows = (json.dumps({"context": e.context, "target": e.target}) for e in examples)
        write_atomically(out / f"{name}.jsonl", "".join(f"{row}\n" for row in rows).encode())
    return {"files": len(found), "train": _counts(train), "held_out": _counts(held_out)}


def new_spans(before: str, after: str) -> list[Span]:
    """Where a text has lines that an earlier one had not; all of it where there was none.

    >>> new_spans("a\\nb\\n", "a\\nc\\nb\\n")
    [(2, 4)]
    """
    if not before:
        return [(0, len(after))]
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in new:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new)
    return [
        (starts[first], starts[last])
        for tag, _, _, first, last in matcher.get_opcodes()
        if tag in ("insert", "replace")
    ]


def _texts(corpus: Artifact) -> dict[str, str]:
    return {document.path: document.content for document in documents(corpus, "train")}


def _drawn(corpus: Artifact, known: Mapping[str, str], config: LessonsConfig) -> list[Document]:
    """The files that have something new, in the order of a hash, as far as `characters` reach."""
    found = [d for d in documents(corpus, "train") if known.get(d.path) != d.content]
    found.sort(key=lambda document: document.sha256)
    drawn, size = [], 0
    for document in found:
        if size < config.characters:
            drawn.append(document)
        size += len(document.content)
    return drawn


def _examples(
    tokenizer: Tokenizer, document: Document, spans: Sequence[Span], config: LessonsConfig
) -> Iterator[Example]:
    generator = random.Random(f"{config.seed} {document.sha256}")
    for span in spans:
        yield from _text_examples(tokenizer, document, span, config.row_length)
    yield from _completions(tokenizer, document, spans, config.row_length // SHORT, generator)


def _text_examples(
    tokenizer: Tokenizer, document: Document, span: Span, length: int
) -> Iterator[Example]:
    """A stretch of text in pieces, each behind the header and some of what stands before it."""
    start, end = span
    header = header_ids(tokenizer, Header(path=document.path, language=document.language))
    if len(header) > length // CONTEXT:
        header = [tokenizer.opening]
    before = tokenizer.encode(document.content[max(0, start - BEFORE) : start])
    ids = tokenizer.encode(document.content[start:end])
    if end == len(document.content):
        ids = [*ids, tokenizer.end]
    while ids:
        context = [*header, *before[-(length // CONTEXT) :]]
        room = length + 1 - len(context)
        yield Example(context, ids[:room])
        before, ids = [*before, *ids[:room]][-length:], ids[room:]


def _completions(
    tokenizer: Tokenizer,
    document: Document,
    spans: Sequence[Span],
    length: int,
    generator: random.Random,
) -> Iterator[Example]:
    """What is asked for in use, cut at syntax nodes and elsewhere, where it is new."""
    text, language = document.content, languages().get(document.language)
    wanted = math.ceil(sum(end - start for start, end in spans) / CUT_EVERY)
    if language is None:
        return
    is_whole = list(spans) == [(0, len(text))]
    found = cuts(language, text, wanted if is_whole else TRIED * wanted, generator)
    found = [cut for cut in found if any(a <= cut.start < b for a, b in spans)]
    generator.shuffle(found)
    origin = Origin(document.source, "", document.path, document.licence, document.language)
    for cut in found[:wanted]:
        example = TaskExample(
            "completion",
            cut.kind,
            origin,
            text[cut.start : cut.end],
            prefix=text[max(0, cut.start - BEFORE) : cut.start],
            suffix=text[cut.end : cut.end + AFTER],
        )
        row = row_of(tokenizer, example, length)
        if row is not None:
            yield Example(row.context, row.target)


def _divided(
    lessons: Sequence[Sequence[Example]], most: int
) -> tuple[list[Example], list[Example]]:
    """The examples to learn from and those held out, of other files if there is more than one.

    Files are held out in their order, which is that of a hash, but those that alone are far too long.
    """
    if len(lessons) == 1:
        lessons = [[example] for example in lessons[0]]
    sizes = [sum(map(len, group)) for group in lessons]
    wanted = min(HELD_OUT * sum(sizes), most)
    chosen: set[int] = set()
    held = 0
    for number, size in enumerate(sizes):
        if held < wanted and held + size <= 1.5 * wanted:
            chosen.add(number)
            held += size
    if not chosen and len(sizes) > 1:
        chosen.add(sizes.index(min(sizes)))
    train, held_out = (
        [e for n, group in enumerate(lessons) if (n in chosen) == is_held for e in group]
        for is_held in (False, True)
    )
    return train, held_out


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return {
        "examples": len(examples),
        "tokens": sum(map(len, examples)),
        "target_tokens": sum(len(example.target) for example in examples),
    }


LESSONS = Stage("lessons", 2, build)
