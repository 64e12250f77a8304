"""Real files, and edited copies of some of them whose likeness to the original is known by brute force.

Likeness is the Jaccard index of two texts' sets of 5-grams of code tokens, counted by that definition.
"""

import re
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from random import Random

LEVELS = (0.70, 0.75, 0.80, 0.85, 0.90, 0.95)
TOLERANCE = 0.005
SUFFIXES = (".py", ".pyi", ".h", ".hpp", ".c")
BYTES = range(200, 1_000_000)
EDITABLE = range(600, 16_000)  # tokens: with fewer, one edit changes more than the tolerance

_TOKEN = re.compile(r"(\w+|[^\w\s])")


@dataclass(frozen=True)
class Copy:
    """The numbers of an original and of its edited copy, and the likeness that was asked for."""

    original: int
    copy: int
    level: float


def real_files(megabytes: float, seed: int = 0) -> list[str]:
    """Texts of this Python, of its packages and of the system's headers, no two equal, in random order."""
    places = sysconfig.get_paths()
    folders = [Path(places["stdlib"]), Path(places["purelib"]), Path("/usr/include")]
    paths = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES
    )
    Random(seed).shuffle(paths)
    texts: dict[str, None] = {}
    size = 0
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        try:
            text = content.decode()
        except UnicodeDecodeError:
            continue
        if len(content) in BYTES and text not in texts:
            texts[text] = None
            size += len(content)
        if size >= megabytes * 1e6:
            break
    return list(texts)


def with_copies(files: list[str], each: int, seed: int = 0) -> tuple[list[str], list[Copy]]:
    """The files and `each` copies of every level, mixed; no file is the original of two copies."""
    random = Random(seed)
    levels = (level for level in LEVELS for _ in range(each))
    level = next(levels)
    texts, copies = list(files), []
    for original, file in enumerate(files):
        text = edited(file, level, random)
        if text is None:
            continue
        copies.append(Copy(original, len(texts), level))
        texts.append(text)
        level = next(levels, 0.0)
        if not level:
            break
    else:
        raise SystemExit(f"{len(files)} files are too few for {each} copies of each level.")
    order = random.sample(range(len(texts)), len(texts))
    place = {number: position for position, number in enumerate(order)}
    placed = [Copy(place[copy.original], place[copy.copy], copy.level) for copy in copies]
    return [texts[number] for number in order], placed


def edited(text: str, level: float, random: Random) -> str | None:
    """A copy of that likeness within the tolerance, or None where the text allows of none."""
    pieces = _TOKEN.split(text)  # gap, token, gap, … token, gap
    tokens = range(1, len(pieces), 2)
    if len(tokens) not in EDITABLE:
        return None
    edits = {
        place: _edit(pieces[place], random) for place in random.sample(tokens, len(tokens) // 8)
    }
    whole = grams(text)
    fewest, most = 0, len(edits)
    while fewest <= most:
        middle = (fewest + most) // 2
        changed = dict(list(edits.items())[:middle])
        copy = "".join(changed.get(place, piece) for place, piece in enumerate(pieces))
        found = likeness(whole, grams(copy))
        if abs(found - level) <= TOLERANCE:
            return copy
        fewest, most = (middle + 1, most) if found > level else (fewest, middle - 1)
    return None


def _edit(token: str, random: Random) -> str:
    """Another token, one more, or none."""
    other = f" name{random.randrange(10**6)} "
    return random.choice((other, other, token + other, " "))


def likeness(left: frozenset[int], right: frozenset[int]) -> float:
    """The Jaccard index of two sets."""
    return len(left & right) / max(1, len(left | right))


def grams(text: str) -> frozenset[int]:
    """The hashes of a text's 5-grams of tokens."""
    tokens = _TOKEN.findall(text)
    return frozenset(hash(tuple(tokens[start : start + 5])) for start in range(len(tokens) - 4))
