"""How many planted secrets are found in real code, and how much of real code is flagged for nothing.

`bench/corpus/secrets.py` measures the same on more of both, beside a peer.
"""

import sysconfig
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from codekiln.corpus.secrets import redact
from corpus.secrets.forms import ELSEWHERE, LINES, PYTHON, line
from corpus.secrets.makers import private_key, seeded
from corpus.secrets.planted import SORTS

PLANTED, HOST_LINES, CLEAN_BYTES = 8, 40, 1_500_000
MIN_RECALL, MAX_FLAGS_PER_MB = 0.95, 1
PERSONAL = {"EMAIL", "IP"}  # in real code these are found because they are there
SKIPPED = {"site-packages", "test", "tests", "idle_test"}


class Planted(NamedTuple):
    """One secret in a piece of real code; a private key has several parts."""

    sort: str
    before: str
    lines: str
    after: str
    secret: list[str]


@cache
def library() -> list[str]:
    """Modules of the running Python, drawn until there are enough of them."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = sorted(
        path for path in root.rglob("*.py") if not SKIPPED & set(path.relative_to(root).parts)
    )
    texts, size = [], 0
    for path in seeded("library").sample(paths, len(paths)):
        if size >= CLEAN_BYTES:
            break
        texts.append(path.read_text(encoding="utf-8", errors="replace"))
        size += len(texts[-1].encode())
    return texts


@cache
def hosts() -> list[list[str]]:
    return [text.split("\n")[:HOST_LINES] for text in library() if text.count("\n") > HOST_LINES]


def planted() -> Iterator[Planted]:
    """Every sort, in forms and files drawn from a seed."""
    random = seeded("planted")
    for sort in SORTS:
        for form in random.sample(sorted(LINES), PLANTED):
            value, text = _drawn(sort, random)
            name = random.choice(SORTS[sort].names)
            yield _plant(sort, line(form, name, text.replace("{}", value)), [value], random)
    for _, wrap in random.sample([*PYTHON.items(), *ELSEWHERE.items()], PLANTED):
        first, *body, last = private_key()(random).split("\n")
        yield _plant("private-key", wrap([first, *body, last]), body, random)


def _drawn(sort: str, random: Random) -> tuple[str, str]:
    return random.choice(SORTS[sort].secrets)(random), random.choice(SORTS[sort].texts)


def _plant(sort: str, lines: str, secret: list[str], random: Random) -> Planted:
    code = random.choice(hosts())
    place = random.randrange(HOST_LINES)
    return Planted(
        sort, "\n".join([*code[:place], ""]), lines, "\n".join(["", *code[place:]]), secret
    )


def is_found(document: Planted) -> bool:
    text = redact(document.before + document.lines + document.after).text
    return not any(part in text for part in document.secret)


def test_planted_secrets_are_found() -> None:
    documents = list(planted())
    counts = Counter(document.sort for document in documents)
    assert len(documents) >= 200
    assert len(counts) >= 15
    found = Counter(document.sort for document in documents if is_found(document))
    assert found.total() >= MIN_RECALL * counts.total(), {
        sort: found[sort] for sort in counts - found
    }
    assert all(found[sort] >= counts[sort] / 2 for sort in counts)


def test_the_code_around_them_is_what_it_was_without() -> None:
    for document in planted():
        text = redact(document.before + document.lines + document.after).text
        assert text.startswith(redact(document.before).text)
        assert text.endswith(redact(document.after).text)


def test_almost_nothing_in_real_code_is_a_secret() -> None:
    flags = Counter[str]()
    for text in library():
        flags.update(redact(text).counts)
    megabytes = sum(len(text.encode()) for text in library()) / 1e6
    assert megabytes >= CLEAN_BYTES / 1e6
    assert (
        sum(flags[kind] for kind in flags if kind not in PERSONAL) <= MAX_FLAGS_PER_MB * megabytes
    )
