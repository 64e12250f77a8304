"""What the words of a notice grant: the licences it names, those it names that nobody knows, and
whether they are a choice.

The patterns of single names are in `notices.py`, what takes a grant back in `restrictions.py`.
"""

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate, pairwise

from codekiln.corpus.licences.expression import UNKNOWN
from codekiln.corpus.licences.notices import Mention, identified, known, mentions
from codekiln.corpus.licences.similarity import BREAK


def _words() -> dict[str, frozenset[str]]:
    text = resources.files(__package__).joinpath("grants.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


_WORDS = _words()
_PLAIN = _WORDS["plain"]
# `BREAK` of similarity.py ends a name, too.
_STOP = _WORDS["stop"] | {BREAK}
# Names of licences follow.
_LICENSED = re.compile(
    r"\b(?:re|sub)?licensed (?:\w+ ){0,3}?(?:under|according to|with)\b|\bspdxlicenseidentifier\b"
)
_UNDER = re.compile(
    r"\bunder\b|\b(?:governed|covered|bound|protected) by\b|\bsubject to\b|\bpursuant to\b"
    r"|\b(?:accordance|compliance|comply) with\b|\baccording to\b|\b(?:accept|agree to)\b"
)
_LONGEST_NAME, _LONGEST_LIST = 8, 40
_END = frozenset({"license", "licenses", "agreement", "eula"})
_JOINED = frozenset({"and", "or", "andor"})
# Words of a name without which it is a bare one: "BSD" beside "BSD 2-Clause" says nothing more.
_EXACT = re.compile(r"[3-]clause|three|new|modified|revised|eclipse")
_VERSION = re.compile(r"v?\d{1,2}(?:\.\d+)*\+?\Z")
_LATER = re.compile(
    r"\b(?:(?:or|and) )?(?:(?:at|of) your option )?(?:(?:or|and) )?any (?:later|newer)(?: versions?)?\b"
    r"|\b(?:or|and) (?:later|newer|above|greater|higher)(?: versions?)?\b|(?<!\S)v?\d[\w.]*\+?(?!\S)"
    r"|\bas published by the free software foundation\b|\b(?:either )?v\d of the license\b"
)
# Between two that are a choice nothing else stands.
_FILLER = rf"(?:(?:^| )(?:{'|'.join(_WORDS['between'])}))*"
_OR = re.compile(rf"^(?:\w+ ){{0,6}}or{_FILLER}$")
_INSTEAD = re.compile(
    rf"\balternatively(?: (?:{'|'.join(_WORDS['instead'])}))*? (?:under|with|by|to){_FILLER}$"
)
_AND = re.compile(rf"^{_FILLER}$")
_DUAL = re.compile(r"\b(?:dual|tri|triple|double|multi) ?licens\w*|\bdual\b")
_CHOOSE = re.compile(
    r"\b(?:at|of) your (?:own )?(?:option|choice)\b(?! (?:(?:any|either|or) )?(?:v?\d|later|newer))"
    r"|\bwhichever\b"
    r"|\b(?:may|can) (?:choose|select|use|pick|elect)(?: \w+){0,2}? (?:either|any|one|between|which)\b"
)
_EITHER = re.compile(
    r"\b(?:dual|tri|triple|double|multi) ?licens\w*|\balternatively (?:\w+ ){0,12}?under\b"
    r"|\bunder either\b|\beither of\b|\bof either license\b|\beither license\b|\byou (?:may|can) choose\b"
)
_AROUND = 12
# A choice between licences is offered before anything else is said.
_CHOICE_WITHIN = 20


@dataclass(frozen=True)
class Grants:
    """The SPDX expressions of the licences granted, `UNKNOWN` for each that nobody knows."""

    licences: tuple[str, ...] = ()
    is_choice: bool = False
    others: int = 0  # words that are of no name of a licence


def grants(sequence: Sequence[str], in_file: bool = False) -> Grants:
    """The licences that the words of a text grant by name; `in_file`: the text is a licence file.

    >>> grants("licensed under the mit license or the gnu gpl v2 or any later version".split())
    Grants(licences=('MIT', 'GPL-2.0-or-later'), is_choice=True, others=4)
    >>> grants("licensed under the mit and the foo licenses".split()).licences
    ('MIT', 'LicenseRef-unknown')
    """
    text = " ".join(sequence)
    starts = list(accumulate((len(word) + 1 for word in sequence), initial=0))
    found = [
        Mention(bisect_right(starts, one.start) - 1, bisect_left(starts, one.end), one.licence)
        for one in mentions(text)
    ]
    taken = {place for one in found for place in range(one.start, one.end)}
    for pattern, is_licensed in ((_LICENSED, True), (_UNDER, False)):
        for match in pattern.finditer(text):
            begin = bisect_left(starts, match.end())
            if in_file and not _WORDS["elsewhere"].isdisjoint(sequence[begin : begin + 4]):
                continue
            listed = _listed(sequence, begin, taken)
            found += _unmentioned(sequence, listed, taken, is_licensed)
    found = sorted(_without_bare(sequence, [*found, *_anywhere(sequence, taken)]))
    licences = tuple(dict.fromkeys(one.licence for one in found))
    is_choice = UNKNOWN not in licences and _is_choice(sequence, found)
    others = sum(place not in taken and word not in _PLAIN for place, word in enumerate(sequence))
    return Grants(licences, is_choice, others)


@dataclass(frozen=True)
class _List:
    """Where the names of a list of licences are: `named` ones come before the word "license"."""

    named: list[tuple[int, int]]
    bare: list[tuple[int, int]]


def _listed(words: Sequence[str], begin: int, taken: Container[int]) -> _List:
    """The list that begins at a place: "the foo and the mit licenses or bar"."""
    named: list[tuple[int, int]] = []
    bare: list[tuple[int, int]] = []
    start = place = begin
    last = min(len(words), begin + _LONGEST_LIST)
    while place < last and words[place] not in _STOP and place - start <= _LONGEST_NAME:
        if words[place] in _END:
            named += [*bare, (start, place)]
            bare = []
            while place + 1 < last and (place + 1 in taken or _VERSION.match(words[place + 1])):
                place += 1
            if _JOINED.isdisjoint(words[place + 1 : place + 2]):
                return _List(named, bare)
            place += 1
            start = place + 1
        elif words[place] in _JOINED and "conditions" not in words[place + 1 : place + 2]:
            bare.append((start, place))
            start = place + 1
        place += 1
    return _List(named, [*bare, (start, place)])


def _unmentioned(
    words: Sequence[str], listed: _List, taken: Container[int], is_licensed: bool
) -> Iterator[Mention]:
    """The licences of a list that no pattern of a notice finds."""
    for start, end in listed.named:
        for first, last in _runs(words, start, end, taken):
            # "Foo license v2": the version of the last name comes after the word.
            version = words[end + 1] if last == end and end + 1 < len(words) else ""
            if _VERSION.match(version):
                name = " ".join([*words[first:last], version])
                yield Mention(first, last, known(name) or UNKNOWN)
            else:
                yield from _in_a_row(words, first, last)
    must_be_known = is_licensed and not listed.named
    for start, end in listed.bare:
        place = start
        while place < end and (place in taken or words[place] in _PLAIN):
            place += 1
        is_first = not any(before in taken for before in range(start, place))
        for one in _in_a_row(words, place, end):
            # Where no word "license" ends it, what follows a name may be anything.
            if one.licence != UNKNOWN or (must_be_known and is_first):
                yield one
            is_first = False


def _runs(
    words: Sequence[str], start: int, end: int, taken: Container[int]
) -> Iterator[tuple[int, int]]:
    """What of a name is neither found already nor plain words; all of it if it is known with them."""
    first = start
    while first < end and words[first] in _PLAIN:
        first += 1
    if first not in taken and known(" ".join(words[first:end])):
        yield first, end
        return
    while first < end:
        last = first
        while last < end and last not in taken and words[last] not in _PLAIN:
            last += 1
        if any(not _VERSION.match(word) for word in words[first:last]):
            yield first, last
        first = max(last, first + 1)


def _in_a_row(words: Sequence[str], start: int, end: int) -> Iterator[Mention]:
    """The names that words are made of ("mit x11 foo"), the last of them `UNKNOWN` if nobody knows it."""
    while start < end:
        lasts = range(min(end, start + _LONGEST_NAME), start, -1)
        last = next((last for last in lasts if known(" ".join(words[start:last]))), None)
        if last is None:
            yield Mention(start, end, UNKNOWN)
            return
        yield Mention(start, last, known(" ".join(words[start:last])))
        start = last


def _anywhere(words: Sequence[str], taken: Container[int]) -> Iterator[Mention]:
    """Identifiers with a version ("CPAL-1.0 license"), whatever stands before them."""
    for place, word in enumerate(words):
        if (
            word in _END
            and place - 1 not in taken
            and place > 1
            and _VERSION.match(words[place - 1])
        ):
            licence = identified(" ".join(words[place - 2 : place]))
            if licence:
                yield Mention(place - 2, place, licence)


def _without_bare(words: Sequence[str], found: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions, without a bare "BSD" beside an exact one."""
    exact = any(
        one.licence.startswith(("BSD-", "0BSD")) and one.licence != "BSD-3-Clause" for one in found
    )
    for one in found:
        is_bare = one.licence == "BSD-3-Clause" and not _EXACT.search(
            " ".join(words[one.start : one.end])
        )
        if not (exact and is_bare):
            yield one


def _is_choice(words: Sequence[str], found: Sequence[Mention]) -> bool:
    """Whether whoever uses the code may choose among all of the licences that are named."""
    firsts = sorted({one.licence: one for one in reversed(found)}.values())
    if len(firsts) < 2:
        return False
    before = " ".join(words[max(0, firsts[0].start - _AROUND) : firsts[0].start])
    after = " ".join(words[firsts[-1].end : firsts[-1].end + _AROUND])
    is_offered = _DUAL.search(before) or _CHOOSE.search(before) or _CHOOSE.search(after)
    for one, other in pairwise(firsts):
        between = " ".join(_LATER.sub(" ", " ".join(words[one.end : other.start])).split())
        if not (
            _OR.search(between) or _INSTEAD.search(between) or (is_offered and _AND.search(between))
        ):
            return False
    return True


def offers_choice(sequence: Sequence[str]) -> bool:
    """Whether words begin by leaving the choice between licences to whoever uses the code."""
    said = " ".join(sequence[:_CHOICE_WITHIN])
    return bool(_EITHER.search(said) or _CHOOSE.search(said))
