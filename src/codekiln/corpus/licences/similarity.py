"""Where in a text the licences we know are, by the Sørensen–Dice coefficient over pairs of words.

`texts.json.xz` maps SPDX identifiers to texts (a word in brackets tells parts and variants of one
licence apart): JSON with sorted keys, xz -9e. The texts are those of the SPDX licence list (data of
npm's spdx-license-list 6.12.0, which is CC0-1.0; each text may be copied verbatim) of 25 words to
6,000 characters, without the "-or-later" twins, and the longer ones in common use. Terms and what
follows "END OF TERMS AND CONDITIONS" are apart, as are the notices that Apache, GNU and Mozilla ask
for; the GNU texts, CPython's history and the exceptions are as their projects ship them. What the
matches say together is the business of `texts.py`.
"""

import json
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from codekiln.corpus.licences.words import words

# Two pairs in a hundred differ where a word was replaced in a text of a hundred words. Of the texts
# we know the nearest two licences with other terms (ISC and 0BSD) are 0.87 alike.
ALIKE = 0.93
# A text is looked for closely if this share of its pairs is anywhere in the file.
_SHARED = 0.85
# A text with insertions is at most this much longer than itself.
_STRETCH = 1.1
# The ends of a text that are reworded are not found as its own: they are so many words away at most.
_AROUND = 30
_BITS = 20
_UNKNOWN_WORD = (1 << _BITS) - 1

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """What of a text is known, and what is not."""

    licences: tuple[str, ...]  # of the known texts, in their order
    preface: int  # words before the first of them
    unexplained: tuple[str, ...]  # words that are in none of them, between as well as within
    missing: frozenset[str] = frozenset()  # words of those texts that are nowhere near their place


@dataclass(frozen=True)
class _Library:
    """The known texts as pairs of word numbers: each pair of each text once, sorted by pair."""

    names: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    vocabulary: Mapping[str, int]
    sizes: Integers  # different pairs of each text
    lengths: Integers  # all pairs of each text
    pairs: Integers
    owners: Integers


@dataclass(frozen=True, order=True)
class _Span:
    """The part of a file that is most like one text; the one that explains most comes last."""

    shared: int
    alike: float
    start: int
    end: int


def read(sequence: Sequence[str]) -> Reading:
    """The known texts in the words of a file, none over another.

    Of two texts that fit a place, the one that accounts for more of its words is taken.
    """
    library = _library()
    numbers = [library.vocabulary.get(word, _UNKNOWN_WORD) for word in sequence]
    if len(numbers) < 2:
        return Reading((), len(sequence), tuple(sequence))
    pairs = _pairs(numbers)
    hits = _hits(pairs, library)
    spans = {text: _span(pairs, hit, text, library) for text, hit in hits.items()}
    known = np.zeros(len(pairs), dtype=np.bool_)
    found = []
    missing: set[str] = set()
    while alike := [(span, text) for text, span in spans.items() if span.alike >= ALIKE]:
        taken, text = max(alike)
        place = slice(taken.start, taken.end)
        known[place] = hits[text][place]
        found.append((taken.start, library.names[text].partition(" ")[0]))
        around = sequence[max(0, taken.start - _AROUND) : taken.end + _AROUND]
        missing |= library.words[text].difference(around)
        for other, span in spans.items():
            hits[other][place] = False
            if span.start < taken.end and taken.start < span.end:
                spans[other] = _span(pairs, hits[other], other, library)
    explained = np.append(known, False) | np.append(False, known)
    return Reading(
        licences=tuple(dict.fromkeys(licence for _, licence in sorted(found))),
        preface=min(found)[0] if found else len(sequence),
        unexplained=tuple(
            word for word, known in zip(sequence, explained, strict=True) if not known
        ),
        missing=frozenset(missing),
    )


def _pairs(numbers: Sequence[int]) -> Integers:
    array = np.array(numbers, dtype=np.int64)
    return array[:-1] << _BITS | array[1:]


def _hits(pairs: Integers, library: _Library) -> dict[int, Mask]:
    """For each text that may be there: which pairs of the file it has, too."""
    distinct, places = np.unique(pairs, return_inverse=True)
    first = np.searchsorted(library.pairs, distinct, side="left")
    counts = np.searchsorted(library.pairs, distinct, side="right") - first
    ends = np.cumsum(counts)
    rows = np.arange(ends[-1]) + np.repeat(first - (ends - counts), counts)
    owners, columns = library.owners[rows], np.repeat(np.arange(len(distinct)), counts)
    shares = np.bincount(owners, minlength=len(library.names)) / library.sizes
    hits = {}
    for text in np.flatnonzero(shares >= _SHARED).tolist():
        hit = np.zeros(len(distinct), dtype=np.bool_)
        hit[columns[owners == text]] = True
        hits[text] = hit[places]
    return hits


def _span(pairs: Integers, hit: Mask, text: int, library: _Library) -> _Span:
    """The part of the file, about as long as the text, that has most in common with it."""
    width = int(_STRETCH * library.lengths[text]) + 1
    total = np.concatenate(([0], np.cumsum(hit)))
    offset = int(np.argmax(total[width:] - total[:-width])) if width < len(hit) else 0
    window = hit[offset : offset + width]
    # Within the window, the ends where hits outnumber misses most: Kadane's largest sum.
    score = np.concatenate(([0], np.cumsum(np.where(window, 1, -1))))
    end = int(np.argmax(score - np.minimum.accumulate(score)))
    start = int(np.argmin(score[: end + 1]))
    part = pairs[offset + start : offset + end]
    shared = len(np.unique(part[window[start:end]]))
    alike = 2 * shared / (len(np.unique(part)) + int(library.sizes[text]))
    return _Span(shared, alike, offset + start, offset + end)


@cache
def _library() -> _Library:
    packed = resources.files(__package__).joinpath("texts.json.xz").read_bytes()
    texts: Mapping[str, str] = json.loads(lzma.decompress(packed))
    sequences = [words(text) for text in texts.values()]
    vocabulary: dict[str, int] = {}
    numbered = [
        [vocabulary.setdefault(word, len(vocabulary)) for word in sequence]
        for sequence in sequences
    ]
    each = [np.unique(_pairs(numbers)) for numbers in numbered]
    sizes = np.array([len(pairs) for pairs in each])
    lengths = np.array([len(numbers) - 1 for numbers in numbered])
    pairs, owners = np.concatenate(each), np.repeat(np.arange(len(each)), sizes)
    order = np.argsort(pairs, kind="stable")
    return _Library(
        names=tuple(texts),
        words=tuple(map(frozenset, sequences)),
        vocabulary=vocabulary,
        sizes=sizes,
        lengths=lengths,
        pairs=pairs[order],
        owners=owners[order],
    )
