"""Token healing: the rest of a line with it and without, by what stands before the cursor.

The starter model, or the model folder in `CODEKILN_BENCH_MODEL`, completes lines of held-out files
greedily, with the text behind the line and without. `exact` is the share of lines that are the author's;
`first` is that of answers whose first word or sign is; `empty`, of answers of nothing or white space.
"""

import itertools
import os
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bench.corpus.rows import cache
from bench.tokenizer import starter
from codekiln.artifact import open_work
from codekiln.corpus import Document, documents
from codekiln.generate import Engine, Sampling, strategy_of
from codekiln.generate.constraints.constraint import Constraint
from codekiln.generate.constraints.healing import Healer
from codekiln.generate.loading import STARTER, load_engine, model_folder
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.best_of import best_of
from codekiln.inputs.formats import Header
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer

PLACES = int(os.environ.get("CODEKILN_BENCH_PLACES", "300"))
MODEL = Path(os.environ.get("CODEKILN_BENCH_MODEL", STARTER))
PROMPT, ANSWER = 256, 24  # tokens
SHARE = 0.04  # of the files, so that the places are of several repositories
LAYOUTS = (WITHOUT_SUFFIX, WITH_SUFFIX) = ("without a suffix", "with a suffix")
LANGUAGES = ("c", "go", "java", "javascript", "python", "rust", "typescript")
# What stands before the cursor. Of a word the cursor leaves some of it on either side.
BEFORE = {
    "part of a word": r"[A-Za-z_]{2,}(?=[A-Za-z]{2})",
    "a dot": r"\w\.(?=[A-Za-z])",
    "indentation": r"^[ \t]+(?=\S)",
    "a blank": r"\w (?=[A-Za-z])",
    "a bracket or comma": r"[(=\[,](?=\S)",
}

Row = dict[str, str]
Heal = Callable[[list[int]], tuple[list[int], Constraint | None]]


def run() -> dict[str, list[Row]]:
    """For each kind of place two rows, without healing and with it; without a suffix and with one."""
    open_work(cache())
    tokenizer, engine = Tokenizer.load(model_folder(MODEL)), load_engine(MODEL)
    ways: dict[str, Heal] = {"no": lambda ids: (ids, None), "yes": Healer(tokenizer).heal}
    found = list(itertools.islice(places(random.Random(5)), PLACES))
    rows = []
    for layout, kind, (healed, heal) in itertools.product(LAYOUTS, BEFORE, ways.items()):
        lines = [
            (rest, answer(engine, tokenizer, prompt(tokenizer, document, cut, layout), heal))
            for before, document, cut, rest in found
            if before == kind
        ]
        place = {"layout": layout, "cursor behind": kind, "healing": healed}
        rows.append(place | shares(lines))
    return {"The rest of a line": rows}


def places(rng: random.Random) -> Iterator[tuple[str, Document, int, str]]:
    """Kind of place, file, cursor and the rest of its line: one of each kind in a file."""
    for document in documents(starter(), "held_out"):
        chosen = document.language in LANGUAGES and 800 < len(document.content) < 20_000
        if not chosen or rng.random() > SHARE:
            continue
        for kind, pattern in BEFORE.items():
            matches = list(re.finditer(pattern, document.content, re.MULTILINE))
            if matches:
                cut = rng.choice(matches).end()
                rest = document.content[cut:].split("\n", 1)[0].rstrip()
                yield kind, document, cut, rest


def prompt(tokenizer: Tokenizer, document: Document, cut: int, layout: str) -> list[int]:
    """What completes the line; the suffix begins behind it."""
    end = document.content.find("\n", cut)
    suffix = document.content[end:] if layout == WITH_SUFFIX and end >= 0 else ""
    header = Header(path=document.path, language=document.language)
    return completion_prompt(tokenizer, document.content[:cut], suffix, header, PROMPT)


def answer(engine: Engine, tokenizer: Tokenizer, ids: list[int], heal: Heal) -> str:
    """The model's rest of the line."""
    ids, constraint = heal(ids)
    greedy = strategy_of(Sampling())
    (best,) = best_of(
        Slot(engine),
        tokenizer,
        ids,
        strategy=greedy,
        n=1,
        max_tokens=ANSWER,
        stop=("\n",),
        constraint=constraint,
    )
    return best.text.rstrip()


def shares(lines: Sequence[tuple[str, str]]) -> Row:
    """Of pairs of the author's rest of a line and the model's."""

    def share(hits: Iterable[bool]) -> str:
        return f"{sum(hits) / max(1, len(lines)):.3f}"

    return {
        "places": str(len(lines)),
        "exact": share(theirs == ours for theirs, ours in lines),
        "first": share(first(theirs) == first(ours) for theirs, ours in lines),
        "empty": share(not ours.strip() for _, ours in lines),
    }


def first(text: str) -> str:
    """The first word or sign."""
    found = re.match(r"\w+|\W", text)
    return found.group() if found else ""
