"""How far an answer goes by its text: a number of lines, the block that the cursor stands in, or the line
in which it is to be hurried.

Fed the text of an answer as it comes; what may lie behind the end is held back. Stop strings and
characters cut in two are settled before, in `text_stream`.
"""

import re
from collections.abc import Callable
from typing import Protocol

from codekiln.errors import UsageError

_LINE_END = re.compile(r"\r?\n")
_CLOSING = re.compile(
    r"(?:[)\]}]+|end|fi|done|esac)[;,]?\s*"
)  # a block's last line, where it has one


class Extent(Protocol):
    """Text in, the part of it that belongs to the answer out."""

    ended: bool

    def feed(self, text: str, final: bool = False) -> str:
        """What became certain; with `final`, all that was held back. Not to be fed once `ended`."""


class Everything:
    """The answer is as long as the model makes it."""

    ended = False

    def feed(self, text: str, final: bool = False) -> str:  # noqa: ARG002
        """All of it."""
        return text


class Lines:
    """The first lines of an answer, without the last one's end.

    Line ends before the first visible character do not count: behind a finished line the answer is
    the next one, not nothing.
    """

    def __init__(self, lines: int) -> None:
        """Raises UsageError: `lines` is below 1."""
        if lines < 1:
            raise UsageError(f"lines is {lines}, but must be ≥ 1.")
        self.ended = False
        self._lines = lines
        self._text = self._given = ""

    def feed(self, text: str, final: bool = False) -> str:
        """Up to the end of the last line; a carriage return waits for its line feed."""
        self._text += text
        start = len(self._text) - len(self._text.lstrip())
        ends = [start + found.start() for found in _LINE_END.finditer(self._text[start:])]
        if len(ends) >= self._lines:
            self.ended = True
            certain = self._text[: ends[self._lines - 1]]
        else:
            certain = self._text if final else self._text.removesuffix("\r")
        new = certain[len(self._given) :]
        self._given = certain
        return new


class Hurried:
    """Another extent that, once it is late, ends with the line it has come to."""

    def __init__(self, extent: Extent, is_late: Callable[[], bool]) -> None:
        """`is_late` is asked whenever text comes."""
        self.ended = False
        self._extent, self._is_late = extent, is_late
        self._visible = False

    def feed(self, text: str, final: bool = False) -> str:
        """As the other; when it is late, up to the next line end behind something visible."""
        certain = self._extent.feed(text, final)
        self.ended = self._extent.ended
        blank = 0 if self._visible else len(certain) - len(certain.lstrip())
        self._visible = self._visible or bool(certain.strip())
        if (found := _LINE_END.search(certain, blank)) and self._is_late():
            self.ended = True
            return certain[: found.start()]
        return certain


class Block:
    """All that is indented as the cursor's line, or deeper than it where that line opens a block.

    An empty line has no indentation yet, so the first that is written counts. A line opens a block if the
    line behind it stands deeper. The answer ends before the first line that stands further out. If that
    line only closes the block (a bracket, `end`), it is the answer's last line.
    """

    def __init__(self, prefix: str) -> None:
        """The block that the end of `prefix`, a file's text up to the cursor, stands in."""
        line = re.split(r"\r\n?|\n", prefix)[-1]
        self.ended = False
        self._width = _width(line) if line else None
        self._opens: bool | None = None if line.strip() else False  # None: the next line will tell
        self._behind_cursor = True  # the first line goes on from the cursor's
        self._waiting = self._blank = ""

    def feed(self, text: str, final: bool = False) -> str:
        """Whole lines that belong to the block; the last one as far as it has come."""
        self._waiting += text
        certain = ""
        while not self.ended:
            found = _LINE_END.search(self._waiting)
            if self._behind_cursor:
                certain += self._rest_of_line(found, final)
                if found is None:
                    break
                self._behind_cursor = False
                continue
            line = self._next_line(final)
            if line is None:
                break
            certain += line
        return certain

    def _rest_of_line(self, found: re.Match[str] | None, final: bool) -> str:
        """What stands before the next line end; the end itself stays waiting."""
        stop = found.start() if found else len(self._waiting)
        if not final and found is None and self._waiting.endswith("\r"):
            stop -= 1
        text, self._waiting = self._waiting[:stop], self._waiting[stop:]
        if self._width is None:
            self._blank += text
            if self._blank.strip():
                self._width = _width(self._blank)
        return text

    def _next_line(self, final: bool) -> str | None:
        """Line ends and blanks with the first sign of the next line, once that sign is known to belong."""
        sign = re.search(r"\S", self._waiting)
        if sign is None:
            if final:
                self._waiting = ""
            return None
        indentation = re.split(r"\n", self._waiting[: sign.start()])[-1]
        width = _width(indentation)
        if self._width is None:
            self._width = width
        if self._opens is None:
            self._opens = width > self._width
        outside = width < self._width or (self._opens and width == self._width)
        if not outside:
            text, self._waiting = self._waiting[: sign.end()], self._waiting[sign.end() :]
            self._behind_cursor = True
            return text
        rest = _LINE_END.split(self._waiting[sign.start() :])
        if len(rest) == 1 and not final:
            return None
        closes = self._opens and width == self._width and _CLOSING.fullmatch(rest[0])
        self.ended = True
        return self._waiting[: sign.start()] + rest[0] if closes else ""


def _width(line: str) -> int:
    """Columns of a line's indentation; a tab goes to the next multiple of eight, as Python counts."""
    blank = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blank.expandtabs(8))
