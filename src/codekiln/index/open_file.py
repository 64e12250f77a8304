"""The open file as an index of its own: what stands on its other lines, rebuilt when one of them changes.

The line of the cursor is left out, since it changes with every key; a context still ends with it.
"""

import zlib
from array import array
from functools import lru_cache

from codekiln.index.index import Index
from codekiln.tokenizer import Tokenizer

LARGEST = 60_000  # characters before the cursor's line, and as many behind it
_ONE_OF = 16  # lines, by their content, begins a piece that is encoded on its own


class OpenFile:
    """Keeps the index of the file that was last asked for."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._around = ("", "")
        self._index = Index(tokenizer, [])

    def index(self, prefix: str, suffix: str) -> Index:
        """What a file with the cursor between these two texts holds on its other lines."""
        before = prefix[: prefix.rfind("\n") + 1][-LARGEST:]
        if self._tokenizer.crosses_lines:
            # An answer at a line's start writes the break anew. No place is as much like it as the end of
            # this text, where the break is a token of its own, as if no indentation came behind it.
            before = before.rstrip()
        behind = suffix[suffix.find("\n") + 1 :][:LARGEST] if "\n" in suffix else ""
        if (before, behind) != self._around:
            documents = [self._ids(before), self._ids(behind)]
            self._index = Index.of(self._tokenizer, [ids for ids in documents if ids])
            self._around = (before, behind)
        return self._index

    def _ids(self, text: str) -> list[int]:
        """Ids of a text, encoded in pieces that end where the content says, so that few are new.

        Where tokens cross lines, white space at a piece's end goes to the next one: GPT-2's pieces never
        reach from other characters into white space behind them.
        """
        ids: list[int] = []
        lines = text.splitlines(keepends=True)
        begun, carried = 0, ""
        for place, line in enumerate(lines):
            if (
                place
                and zlib.crc32(line.encode(errors="replace")) % _ONE_OF == 0
                and _may_cut(lines, place)
            ):
                piece = carried + "".join(lines[begun:place])
                whole = piece.rstrip() if self._tokenizer.crosses_lines else piece
                ids += _encode(self._tokenizer, whole)
                begun, carried = place, piece[len(whole) :]
        return [*ids, *_encode(self._tokenizer, carried + "".join(lines[begun:]))]


def _may_cut(lines: list[str], place: int) -> bool:
    """Whether no token crosses here: a line feed before, and a word on the line behind."""
    return lines[place - 1].endswith("\n") and not lines[place].isspace()


@lru_cache(maxsize=1024)  # of 20 files or so
def _encode(tokenizer: Tokenizer, text: str) -> "array[int]":
    return array("i", tokenizer.encode(text))  # a ninth of what as many numbers take
