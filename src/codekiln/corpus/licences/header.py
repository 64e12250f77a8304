"""The licence in the comments at the head of a source file: a tag, a notice, or a short licence.

This runs for every file of a corpus: most must pay for a few searches alone, and what a passage
means is remembered, as a repository's files all begin alike.
"""

import re
from functools import lru_cache

from codekiln.corpus.licences.notices import granted
from codekiln.corpus.licences.tags import tagged
from codekiln.corpus.licences.texts import combined, known_licences, offers_choice
from codekiln.corpus.licences.words import words

_CHARACTERS, _LINES = 4096, 60
# One of these is in the first line of every notice and text that we know, ...
_SIGNS = ("icense", "icence", "LICENSE", "edistribut", "ermission is", "ermission to", "GPL",
    "onfidential", "nauthorized", " as-is")  # fmt: skip
# ... and one of these in its last paragraph.
_ENDS = (
    *_SIGNS,
    "WARRANT",
    "arrant",
    "AS IS",
    "as is",
    "LIABLE",
    "liable",
    "dvertising",
    "endorse",
)
_BLOCKS = (("/*", "*/"), ('"""', '"""'), ("'''", "'''"), ("<!--", "-->"), ("{-", "-}"), ("(*", "*)"),
    ("--[[", "]]"), ("=begin", "=end"), ("=pod", "=cut"))  # fmt: skip
# Lines of comments; a quote opens one (Vim, Visual Basic) before a space and where no other follows.
_COMMENT_LINES = re.compile(
    r"(?:[ \t]*(?:(?:#|//|--|;|%|!|\*|\.\\\"|::|(?:rem|dnl)\b|[\"'][ \t](?=[^\"'\n]*$))[^\n]*)?(?:\n|\Z))+",
    re.MULTILINE | re.IGNORECASE,
)
_BLANK_LINE = re.compile(r"\n[^\w\n]*\n")
# Only the texts of licences say so; sentences that name one do not.
_TEXT = re.compile(r"in no event liable|hereby granted|redistribution and use")


def header_licence(text: str) -> str:
    """The SPDX expression of a file's header, `""` if it has none or names none.

    A tag comes first (in the first 30 lines), then notices and texts in the comments among the first
    60 lines or 4,096 characters. What a header keeps for its holder is a licence no list permits.
    """
    head = text[:_CHARACTERS]
    if not any(sign in head for sign in _SIGNS):
        return ""
    head = "\n".join(head.split("\n", _LINES)[:_LINES])
    return tagged(head) or _meaning(_passage(head))


def _passage(head: str) -> str:
    """Of the first comment with a sign of a licence: its paragraphs from the first sign to the last."""
    sign = _next_sign(head, 0)
    while sign >= 0:
        start, end = _comment(head, sign)
        if start < end:
            last = max(head.rfind(word, sign, end) for word in _ENDS)
            blank = _BLANK_LINE.search(head, last, end)
            return head[_paragraph(head, start, sign) : blank.start() if blank else end]
        line_end = head.find("\n", sign)
        sign = _next_sign(head, line_end) if line_end >= 0 else -1
    return ""


def _next_sign(head: str, start: int) -> int:
    places = [place for sign in _SIGNS if (place := head.find(sign, start)) >= 0]
    return min(places, default=-1)


def _comment(head: str, sign: int) -> tuple[int, int]:
    """Where the comment around a sign begins and ends; nowhere if it is in none."""
    for opening, closing in _BLOCKS:
        opened = head.rfind(opening, 0, sign)
        if opened >= 0 and head.find(closing, opened + len(opening), sign) < 0:
            end = head.find(closing, sign)
            return opened, end if end >= 0 else len(head)
    line = head.rfind("\n", 0, sign) + 1
    lines = _COMMENT_LINES.match(head, line)
    if not lines:
        return sign, sign
    while line and _COMMENT_LINES.match(head, above := head.rfind("\n", 0, line - 1) + 1):
        line = above
    return line, lines.end()


def _paragraph(head: str, start: int, sign: int) -> int:
    """Where the paragraph around a sign begins, in a comment that begins at `start`."""
    begin = start
    for blank in _BLANK_LINE.finditer(head, start, sign):
        begin = blank.end()
    return begin


@lru_cache(maxsize=4096)
def _meaning(passage: str) -> str:
    """What a passage grants, by name or by its text."""
    sequence = words(passage)
    if _TEXT.search(" ".join(sequence)):
        return combined(known_licences(sequence), offers_choice(sequence))
    return combined(granted(sequence), offers_choice(sequence))
