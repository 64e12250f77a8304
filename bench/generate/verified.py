"""Completions in nine languages, before and after verification, judged by parsers that are none of ours.

The starter model completes at random places of files that it never saw: the rest of a line, what stands
before the closing brackets of a line, or one to four whole lines; 24 tokens, four answers a place, one
of them greedy. Files parse before a place is cut out. A line of the table is a language: how much is
shown as verified, or kept but marked, or dropped; how many of the files parse with what is shown, and
with the answer as it came (to the end of its line, where a line was asked for); how many answers are
exactly what stood there, again shown and as they came; and what verifying costs. What a file lacked
before it may still lack, and then it is judged with that added; how often is told too. Where no other
parser is on the machine, the row says so, and ours tells how many parse. What does not is saved under
`verified` in the cache.

`CODEKILN_BENCH_COMPLETIONS` (10,000) is the number of completions, `CODEKILN_BENCH_SEED` (1) chooses them.
"""

import json
import os
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.corpus.rows import cache
from bench.generate.parsers import Parser, fetch_typescript, parsers
from bench.tokenizer import UNSEEN
from codekiln.artifact import open_work
from codekiln.corpus import CorpusConfig, Document, build_corpus, documents
from codekiln.generate.engine import Engine
from codekiln.generate.loading import STARTER, load_engine, model_folder
from codekiln.generate.verify import Verified, verify
from codekiln.inputs.formats import Header
from codekiln.languages import languages, parse
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer

COMPLETIONS = int(os.environ.get("CODEKILN_BENCH_COMPLETIONS", "10000"))
SEED = int(os.environ.get("CODEKILN_BENCH_SEED", "1"))
LANGUAGES = ("python", "javascript", "typescript", "java", "c", "cpp", "go", "rust", "php")
PROMPT, TOKENS, ANSWERS, ROWS = 128, 24, 4, 64  # rows are places read at once, times answers
TEMPERATURE = 0.8
SMALLEST, LARGEST = 400, 60_000  # characters of a file
FILES = 120  # of a language
_LINE = re.compile(r"(?<=\n)[ \t]*(\S.*)")  # its first group is the line without its indentation
_BORDER = re.compile(r"\b|(?<=[(\[{,=.])")
_CLOSERS = re.compile(r"[)\]};:,]+$", re.MULTILINE)

Row = dict[str, str]


@dataclass(frozen=True)
class Place:
    """A file with a hole. `lines` tells whether whole lines are missing."""

    document: Document
    start: int
    end: int
    lines: bool

    @property
    def prefix(self) -> str:
        """What stands before."""
        return self.document.content[: self.start]

    @property
    def middle(self) -> str:
        """What stood there."""
        return self.document.content[self.start : self.end]

    @property
    def suffix(self) -> str:
        """What stands behind."""
        return self.document.content[self.end :]


@dataclass(frozen=True)
class Answer:
    """One completion, as it came and as it is after verification."""

    place: Place
    raw: str
    verified: Verified
    milliseconds: float


def run() -> dict[str, list[Row]]:
    """One row a language, and one for all."""
    open_work(cache())
    fetch_typescript()
    judges = parsers()
    tokenizer = Tokenizer.load(model_folder(Path(STARTER)))
    engine = load_engine(Path(STARTER))
    rng = random.Random(SEED)
    rows, total = [], Counter[str]()
    costs: list[float] = []
    for language, files in by_language().items():
        name, parser = judges.get(language, ("none here: our grammar", ours(language)))
        whole = parsing(files, parser, rng)
        count = -(-COMPLETIONS // (ANSWERS * len(LANGUAGES)))
        places = list(drawn(whole, count, tokenizer, rng))
        answers = [verified(place, raw) for place, raw in completed(places, engine, tokenizer)]
        errors = errors_of(answers, parser)
        save_failures(language, answers, errors)
        counts, cost = counted(answers, errors), [answer.milliseconds for answer in answers]
        rows.append(row(language, name, counts, cost))
        total += counts
        costs += cost
    rows.append(row("all", "", total, costs))
    return {f"{total['completions']:,} completions by the starter model": rows}


def by_language() -> dict[str, list[Document]]:
    """The files of packages that neither the model nor its tokenizer has seen, test and data files too."""
    config = CorpusConfig(sources=UNSEEN, max_repository=2_000_000)
    unseen = build_corpus(config, cache(), "unseen")
    found = defaultdict(list)
    for document in (*documents(unseen, "train"), *documents(unseen, "held_out")):
        if SMALLEST <= len(document.content) <= LARGEST:
            found[document.language].append(document)
    return {language: found[language] for language in LANGUAGES}


def ours(language: str) -> Parser:
    """The grammar that verification has used itself."""

    def error(text: str) -> str:
        tree = parse(languages()[language], text.encode())
        return "" if tree is not None and not tree.root_node.has_error else "does not parse"

    return lambda texts: [error(text) for text in texts]


def parsing(files: Sequence[Document], parser: Parser, rng: random.Random) -> list[Document]:
    """Files drawn by chance of which the parser says that they parse."""
    some = rng.sample(files, min(FILES, len(files)))
    errors = parser([file.content for file in some])
    return [file for file, error in zip(some, errors, strict=True) if not error]


def drawn(
    files: Sequence[Document], count: int, tokenizer: Tokenizer, rng: random.Random
) -> Iterator[Place]:
    """Places with text enough around them to fill the prompt."""
    while count:
        place = hole(rng.choice(files), rng)
        if place.middle.strip() and len(prompt(place, tokenizer)) == PROMPT:
            count -= 1
            yield place


def hole(document: Document, rng: random.Random) -> Place:
    """One to four lines, the rest of a line, or of it all but the closing brackets at its end."""
    text = document.content
    line = rng.choice(list(_LINE.finditer(text)))
    kind = rng.choice(("lines", "rest", "closed"))
    if kind == "lines":
        end = line.end()
        for _ in range(rng.randrange(4)):
            end = max(text.find("\n", end + 1), end)
        return Place(document, line.start(1), end, lines=True)
    borders = [match.start() for match in _BORDER.finditer(text, line.start(1), line.end())]
    start = rng.choice([line.start(1), *borders])
    closers = _CLOSERS.search(text, start, line.end())
    end = closers.start() if closers and kind == "closed" else line.end()
    return Place(document, start, end, lines=False)


def prompt(place: Place, tokenizer: Tokenizer) -> list[int]:
    """What the model is asked."""
    header = Header(path=place.document.path, language=place.document.language)
    return completion_prompt(tokenizer, place.prefix, place.suffix, header, PROMPT)


def completed(
    places: Sequence[Place], engine: Engine, tokenizer: Tokenizer
) -> Iterator[tuple[Place, str]]:
    """The answers, some places at a time; a row that has ended leaves the batch."""
    random_bits = np.random.default_rng(SEED)
    texts = np.isin(np.arange(engine.vocabulary), [*tokenizer.text_ids, *tokenizer.ends])
    for first in range(0, len(places), ROWS):
        some = places[first : first + ROWS]
        logits = engine.prefill(np.array([prompt(place, tokenizer) for place in some]))
        logits = logits.repeat(ANSWERS, axis=0)
        engine.fork([row for row in range(len(some)) for _ in range(ANSWERS)])
        answers: list[list[int]] = [[] for _ in logits]
        alive = list(range(len(answers)))
        for _ in range(TOKENS):
            noise = random_bits.gumbel(size=logits.shape).astype(np.float32) * TEMPERATURE
            noise[[number % ANSWERS == 0 for number in alive]] = 0
            chosen = np.where(texts, logits + noise, -np.inf).argmax(axis=1)
            for number, token in zip(alive, chosen.tolist(), strict=True):
                answers[number].append(token)
            going = [
                row
                for row, number in enumerate(alive)
                if not has_ended(some[number // ANSWERS], answers[number], tokenizer)
            ]
            if not going:
                break
            alive = [alive[row] for row in going]
            engine.fork(going)
            logits = engine.step(chosen[going][:, np.newaxis])[:, -1]
        for number, ids in enumerate(answers):
            place = some[number // ANSWERS]
            text = tokenizer.decode([token for token in ids if token not in tokenizer.ends])
            yield place, text if place.lines else text.partition("\n")[0]


def has_ended(place: Place, ids: Sequence[int], tokenizer: Tokenizer) -> bool:
    """Whether an answer is complete: by the end token, or with the line where a line is asked for."""
    return ids[-1] in tokenizer.ends or (not place.lines and b"\n" in tokenizer.bytes_of(ids[-1]))


def verified(place: Place, raw: str) -> Answer:
    """An answer after verification, and how long that took."""
    start = time.perf_counter()
    found = verify(place.prefix, raw, place.suffix, languages()[place.document.language])
    return Answer(place, raw, found, 1000 * (time.perf_counter() - start))


def shown(answer: Answer) -> str:
    """The file with what is shown, and with what it lacked before."""
    line, feed, later = answer.place.suffix.partition("\n")
    found = answer.verified
    return answer.place.prefix + found.text + line + found.lacking + feed + later


def as_it_came(answer: Answer) -> str:
    """The file with the answer before verification."""
    return answer.place.prefix + answer.raw + answer.place.suffix


def errors_of(answers: Sequence[Answer], parser: Parser) -> dict[str, str]:
    """The first error of each file, shown or as it came; each different file is parsed once."""
    files = [*map(as_it_came, answers), *map(shown, verified_ones(answers))]
    different = list(dict.fromkeys(files))
    return dict(zip(different, parser(different), strict=True))


def verified_ones(answers: Sequence[Answer]) -> list[Answer]:
    """Those that are shown as verified."""
    return [answer for answer in answers if answer.verified.state == "verified"]


def save_failures(language: str, answers: Sequence[Answer], errors: Mapping[str, str]) -> None:
    """What was shown as verified and does not parse, beside the other caches, to be looked at."""
    folder = cache() / "verified"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{language}-{SEED}.jsonl").open("w", encoding="utf-8") as file:
        for answer in verified_ones(answers):
            if error := errors[shown(answer)]:
                place, found = answer.place, answer.verified
                known = {
                    "path": place.document.path,
                    "error": error,
                    "prefix": place.prefix,
                    "text": found.text,
                    "suffix": place.suffix,
                    "lacking": found.lacking,
                }
                file.write(json.dumps(known) + "\n")


def counted(answers: Sequence[Answer], errors: Mapping[str, str]) -> Counter[str]:
    """How many answers are what."""
    kept = verified_ones(answers)
    places = {answer.place for answer in answers}
    states: Counter[str] = Counter(answer.verified.state for answer in answers)
    return Counter(
        {
            "completions": len(answers),
            **states,
            "lacking": sum(bool(answer.verified.lacking) for answer in kept),
            "parse": sum(not errors[shown(answer)] for answer in kept),
            "parsed": sum(not errors[as_it_came(answer)] for answer in answers),
            "exact": sum(is_exact(answer.place, answer.verified.text) for answer in kept),
            "came exact": sum(is_exact(answer.place, answer.raw) for answer in answers),
            "places": len(places),
            "true": sum(is_true_kept(place) for place in places),
        }
    )


def is_true_kept(place: Place) -> bool:
    """Whether what stood there is verified as it is."""
    found = verified(place, place.middle).verified
    return found.state == "verified" and found.text == place.middle


def is_exact(place: Place, text: str) -> bool:
    """Whether an answer is what stood there, white space at the end aside."""
    return text.rstrip() == place.middle.rstrip()


def row(language: str, name: str, counts: Counter[str], costs: Sequence[float]) -> Row:
    """A line of the table."""
    every, kept = counts["completions"], max(counts["verified"], 1)
    middle, most = np.percentile(costs, (50, 95))
    return {
        "language": language,
        "completions": f"{every:,}",
        "shown as verified": f"{counts['verified'] / every:.1%}",
        "kept, marked": f"{counts['unverified'] / every:.1%}",
        "nothing": f"{counts['nothing'] / every:.1%}",
        "judge": name,
        "of those shown, parse": f"{counts['parse'] / kept:.2%}",
        "of all as they came, parse": f"{counts['parsed'] / every:.1%}",
        "shown with something lacking as before": f"{counts['lacking'] / kept:.1%}",
        "of what stood there, verified whole": f"{counts['true'] / max(counts['places'], 1):.1%}",
        "exact, shown": f"{counts['exact'] / every:.1%}",
        "exact, as they came": f"{counts['came exact'] / every:.1%}",
        "ms p50": f"{middle:.1f}",
        "ms p95": f"{most:.1f}",
    }
