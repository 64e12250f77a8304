"""The licence in the comments at the head of a source file: a tag, a notice, or a short licence.

This runs for every file of a corpus: most must pay for a few searches alone. What a passage means is
told in `meaning.py`, and remembered, as a repository's files all begin alike.
"""

import re
import string
from collections.abc import Iterator, Sequence

from codekiln.corpus.licences.expression import (
    PERMISSIVE,
    UNKNOWN,
    allowed,
    joined,
    refined_by_family,
    without_bare,
)  # fmt: skip
from codekiln.corpus.licences.meaning import Meaning, meaning
from codekiln.corpus.licences.names import stated
from codekiln.corpus.licences.tags import tagged

# So far a comment must begin to speak of a licence, and so far it may go on.
_CHARACTERS, _LINES, _LONGEST = 4096, 60, 12_000
# In lower case, one of these is in the first line of every notice and text that we know, ...
_SIGNS = ("licen", "gpl", "permission", "redistribut", "confidential", "proprietary", "unauthori",
    "trade secret", "unpublished", "eula", "property of", "not distribut", "not copy or",
    "not be copied", "not be reproduced", "internal use only", "creative commons", "cc by", "cc-by",
    "released under", "distributed under", "available under", " as-is", "held liable", "no part of th",
    "not free software", "not open source", "commons clause", "restricted rights")  # fmt: skip
# ... and one of these, or one of the signs that are there, in its last paragraph.
_ENDS = ("warrant", "as is", "liable", "advertising", "endorse", "commercial",
    "source distribution")  # fmt: skip
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BLOCKS = (("/*", "*/"), ("<!--", "-->"), ("{-", "-}"), ("(*", "*)"), ("--[[", "]]"),
    ("=begin", "=end"), ("=pod", "=cut"))  # fmt: skip
# Some of these open something else in other languages, where they are not closed.
_CLOSED = (
    ("<#", "#>"),
    ("#=", "=#"),
    ("#[", "]#"),
    ("#|", "|#"),
    ("/+", "+/"),
    ("%{", "%}"),
    ("{#", "#}"),
)
_DOCSTRINGS = ('"""', "'''")
# A docstring stands alone on its line; a block whose line has a quote before it is in a string.
_ALONE = re.compile(r"[ \t]*[rRuU]?\Z")
_IN_STRING = re.compile(r"[\"'`]")
# Lines of comments; a quote opens one (Vim, Visual Basic) before a space and where no other follows.
_COMMENT_LINES = re.compile(
    r"(?:[ \t]*(?:(?:#|//|--|;|%|!|\*|\.\\\"|::|\\[ \t]|@?(?:rem|dnl)\b|(?<![^\n])c[ \t]"
    r"|[\"'][ \t](?=[^\"'\n]*$))[^\n]*)?(?:\n|\Z))+",
    re.MULTILINE | re.IGNORECASE,
)
_PASCAL = re.compile(r"\s*\{[\s*=#-]*[A-Za-z(]")
_BLANK_LINE = re.compile(r"\n[^\w\n]*\n")
_VARIABLE = re.compile(r"^__licen[cs]e__[ \t]*=[ \t]*[\"']([^\"'\n]{1,200})", re.MULTILINE)
_WITHHELD = re.compile(r"proprietary|commercial|confidential|reserved|eula", re.IGNORECASE)


def header_licence(text: str, repository: str | None = None) -> str:
    """The SPDX expression of a file's header, `""` if it has none or names none.

    A tag comes first, then notices and texts in comments, all that begin to speak of a licence in the
    first 60 lines or 4,096 characters: all that they grant holds. What a header keeps for its holder,
    and terms that nobody can tell, are a licence no list permits.

    Where the repository's licence is given, it holds as well if the header speaks of a part of the file
    or of what it is made from, and a bare "LGPL" gives way to the version that it is of.
    """
    header = _read(text)
    if repository is None or not header.licence:
        return header.licence
    if header.is_partial:
        return joined("AND", [repository or UNKNOWN, header.licence])
    return refined_by_family(header.licence, repository)


def _read(text: str) -> Meaning:
    head = text[:_CHARACTERS]
    lowered = head.lower()
    signs = [sign for sign in _SIGNS if sign in lowered]
    if not signs:
        return Meaning()
    head = "\n".join(head.split("\n", _LINES)[:_LINES])
    tag = tagged(head)
    if tag:
        return Meaning(tag)
    said = [meaning(passage) for passage in _passages(text[:_LONGEST], len(head), signs)]
    said = [one for one in said if one.licence]
    found = [one.licence for one in said] + _variable(head)
    is_partial = len(found) == len(said) and all(one.is_partial for one in said)
    return Meaning(joined("AND", without_bare(found)), is_partial)


def _variable(head: str) -> list[str]:
    """What Python's `__license__` says if it is not permissive; if it is, it says less than others."""
    match = _VARIABLE.search(head) if "__licen" in head else None
    licence = stated(match[1]) if match else ""
    is_reserved = match and (_WITHHELD.search(match[1]) or licence != UNKNOWN)
    return [licence] if is_reserved and not allowed(licence, PERMISSIVE) else []


def _passages(head: str, limit: int, signs: Sequence[str]) -> Iterator[str]:
    """Of each comment with a sign of a licence: its paragraphs from the first sign to the last."""
    lowered = head.lower()
    if len(lowered) != len(head):  # as that of "İ" is
        lowered = head.translate(_LOWER)
    place = _next(lowered, signs, 0, limit)
    while place >= 0:
        start, end = _comment(head, place)
        if start < end:
            last = max(lowered.rfind(word, place, end) for word in (*signs, *_ENDS))
            blank = _BLANK_LINE.search(head, last, end)
            yield head[_paragraph(head, start, place) : blank.start() if blank else end]
        else:
            end = head.find("\n", place)
        place = _next(lowered, signs, end, limit) if end >= 0 else -1


def _next(lowered: str, signs: Sequence[str], start: int, limit: int) -> int:
    """Where the next sign is, -1 if there is none."""
    places = (lowered.find(sign, start, limit) for sign in signs)
    return min((place for place in places if place >= 0), default=-1)


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
        return _closed_comment(head, sign)
    while line and _COMMENT_LINES.match(head, above := head.rfind("\n", 0, line - 1) + 1):
        line = above
    return line, lines.end()


def _closed_comment(head: str, sign: int) -> tuple[int, int]:
    """As `_comment`, for marks that open something else in other languages."""
    for opening, closing in _CLOSED:
        opened = head.rfind(opening, 0, sign)
        if opened >= 0 and head.find(closing, opened + len(opening), sign) < 0:
            closed = head.find(closing, sign)
            if closed >= 0:
                return opened, closed
    pascal = _PASCAL.match(head)
    if pascal and (closed := head.find("}")) > sign:
        return pascal.start(), closed
    return sign, sign


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
