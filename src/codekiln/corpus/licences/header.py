"""The licence in the comments at the head of a source file: a tag, a notice, or a short licence.

This runs for every file of a corpus: most must pay for a few searches alone, and what a passage
means is remembered, as a repository's files all begin alike.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from codekiln.corpus.licences.expression import UNKNOWN, joined
from codekiln.corpus.licences.notices import granted
from codekiln.corpus.licences.restrictions import curtailed, restricted
from codekiln.corpus.licences.similarity import read
from codekiln.corpus.licences.tags import tagged
from codekiln.corpus.licences.texts import combined, offers_choice, with_grants
from codekiln.corpus.licences.words import words

# So far a comment must begin to speak of a licence, and so far it may go on.
_CHARACTERS, _LINES, _LONGEST = 4096, 60, 12_000
# One of these is in the first line of every notice and text that we know, ...
_SIGNS = ("icense", "icence", "LICENSE", "LICENCE", "edistribut", "ermission is", "ermission to", "GPL",
    "onfidential", "CONFIDENTIAL", "nauthorized", "roprietary", "PROPRIETARY",
    "rade secret", " as-is")  # fmt: skip
# ... and one of these in its last paragraph.
_ENDS = (*_SIGNS, "WARRANT", "arrant", "AS IS", "as is", "LIABLE", "liable", "dvertising",
    "endorse", "ommercial", "COMMERCIAL")  # fmt: skip
_BLOCKS = (("/*", "*/"), ("<!--", "-->"), ("{-", "-}"), ("(*", "*)"), ("--[[", "]]"),
    ("=begin", "=end"), ("=pod", "=cut"))  # fmt: skip
_DOCSTRINGS = ('"""', "'''")
# A docstring stands alone on its line; a block whose line has a quote before it is in a string.
_ALONE = re.compile(r"[ \t]*[rRuU]?\Z")
_IN_STRING = re.compile(r"[\"'`]")
# Lines of comments; a quote opens one (Vim, Visual Basic) before a space and where no other follows.
_COMMENT_LINES = re.compile(
    r"(?:[ \t]*(?:(?:#|//|--|;|%|!|\*|\.\\\"|::|(?:rem|dnl)\b|[\"'][ \t](?=[^\"'\n]*$))[^\n]*)?(?:\n|\Z))+",
    re.MULTILINE | re.IGNORECASE,
)
_BLANK_LINE = re.compile(r"\n[^\w\n]*\n")
# Only the texts of licences say so; sentences that name one do not.
_TEXT = re.compile(r"in no event liable|hereby granted|redistribution and use")
# Stands alone or after who holds the rights; others keep a secret confidential.
_CONFIDENTIAL = re.compile(
    r"^[^\w\n]*(?:\w+ ){0,2}confidential\W*$"
    r"|(?:rights reserved|copyright [^\n]{0,80}?)\W{1,10}confidential\b",
    re.IGNORECASE | re.MULTILINE,
)
_GRANT = re.compile(r"permission is hereby granted|redistribution and use in source")


def header_licence(text: str) -> str:
    """The SPDX expression of a file's header, `""` if it has none or names none.

    A tag comes first (in the first 30 lines), then notices and texts in comments that begin to speak
    of them in the first 60 lines or 4,096 characters: all that they grant holds. What a header keeps
    for its holder, and terms that nobody can tell, are a licence no list permits.
    """
    head = text[:_CHARACTERS]
    if not any(sign in head for sign in _SIGNS):
        return ""
    head = "\n".join(head.split("\n", _LINES)[:_LINES])
    return tagged(head) or joined("AND", map(_meaning, _passages(text[:_LONGEST], len(head))))


def _passages(head: str, limit: int) -> Iterator[str]:
    """Of each comment with a sign of a licence: its paragraphs from the first sign to the last."""
    sign = _next_sign(head, 0, limit)
    while sign >= 0:
        start, end = _comment(head, sign)
        if start < end:
            last = max(head.rfind(word, sign, end) for word in _ENDS)
            blank = _BLANK_LINE.search(head, last, end)
            yield head[_paragraph(head, start, sign) : blank.start() if blank else end]
            sign = _next_sign(head, end, limit)
        else:
            line_end = head.find("\n", sign)
            sign = _next_sign(head, line_end, limit) if line_end >= 0 else -1


def _next_sign(head: str, start: int, limit: int) -> int:
    places = [place for sign in _SIGNS if (place := head.find(sign, start, limit)) >= 0]
    return min(places, default=-1)


def _comment(head: str, sign: int) -> tuple[int, int]:
    """Where the comment around a sign begins and ends; nowhere if it is in none."""
    for quotes in _DOCSTRINGS:
        if head.count(quotes, 0, sign) % 2:
            opened = head.rfind(quotes, 0, sign)
            alone = _ALONE.match(_line_before(head, opened))
            return (opened, _end(head, quotes, sign)) if alone else (sign, sign)
    for opening, closing in _BLOCKS:
        opened = head.rfind(opening, 0, sign)
        if opened >= 0 and head.find(closing, opened + len(opening), sign) < 0:
            quoted = _IN_STRING.search(_line_before(head, opened))
            return (sign, sign) if quoted else (opened, _end(head, closing, sign))
    line = head.rfind("\n", 0, sign) + 1
    lines = _COMMENT_LINES.match(head, line)
    if not lines:
        return sign, sign
    while line and _COMMENT_LINES.match(head, above := head.rfind("\n", 0, line - 1) + 1):
        line = above
    return line, lines.end()


def _line_before(head: str, place: int) -> str:
    return head[head.rfind("\n", 0, place) + 1 : place]


def _end(head: str, closing: str, sign: int) -> int:
    end = head.find(closing, sign)
    return end if end >= 0 else len(head)


def _paragraph(head: str, start: int, sign: int) -> int:
    """Where the paragraph around a sign begins, in a comment that begins at `start`."""
    begin = start
    for blank in _BLANK_LINE.finditer(head, start, sign):
        begin = blank.end()
    return begin


@lru_cache(maxsize=4096)
def _meaning(passage: str) -> str:
    """What a passage grants, by name or by its text."""
    if _CONFIDENTIAL.search(passage):
        return UNKNOWN
    sequence = words(passage)
    said = " ".join(sequence)
    if not _TEXT.search(said):
        return combined(granted(sequence), offers_choice(sequence))
    reading = read(sequence)
    if restricted(reading.unexplained) or curtailed(reading.missing):
        return UNKNOWN
    licences = with_grants(reading)
    if not licences and _GRANT.search(said):
        return UNKNOWN
    return combined(licences, offers_choice(sequence))
