"""A numbered line diff: what a model answers when it is to mend code.

    -2|    return total / len(values)      line 2 goes; it must read so
    +2|    return total / max(len(values), 1)

`+N|` is a line that comes in front of line N, so N is at most one more than there are lines. All numbers
are those of the code as it was given, which the prompt shows with the same numbers (`numbered`). Nothing
else is said of what stays: a model of this size copies poorly, and a diff costs a tenth of the tokens.

Lines end at line feeds alone; what else a line holds is part of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Self

from codekiln.errors import PatchError

_LINE = re.compile(r"([-+])(\d{1,7})\|(.*)", re.DOTALL)
_SHOWN = 60  # characters of a line in a message


@dataclass(frozen=True)
class Patch:
    """The lines that go, with their text, and those that come in front of a line, by its number from 1."""

    removed: dict[int, str] = field(default_factory=dict)
    added: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def between(cls, before: str, after: str) -> Self:
        """The patch from one to the other; the n-th new line of a change stands at its n-th old."""
        old, new = before.split("\n"), after.split("\n")
        removed: dict[int, str] = {}
        added: dict[int, tuple[str, ...]] = {}
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for kind, start, end, first, last in matcher.get_opcodes():
            if kind == "equal":
                continue
            removed |= {place + 1: old[place] for place in range(start, end)}
            for nth, line in enumerate(new[first:last]):
                number = start + 1 + min(nth, max(end - start - 1, 0))
                added[number] = (*added.get(number, ()), line)
        return cls(removed, added)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` wrote; empty lines at the end are no matter.

        Raises:
            PatchError: there is nothing, a line is no line of a patch, or one is taken away twice.
        """
        removed: dict[int, str] = {}
        added: dict[int, tuple[str, ...]] = {}
        for row, line in enumerate(text.rstrip("\n").split("\n"), start=1):
            found = _LINE.fullmatch(line)
            if not found:
                raise PatchError(
                    f"Line {row} of the patch is {_quoted(line)}, where '-N|' or '+N|' and the text of "
                    "line N belong: ask for another answer."
                )
            number, content = int(found[2]), found[3]
            if found[1] == "+":
                added[number] = (*added.get(number, ()), content)
            elif number in removed:
                raise PatchError(
                    f"The patch takes line {number} away twice: ask for another answer."
                )
            else:
                removed[number] = content
        return cls(removed, added)

    @property
    def text(self) -> str:
        """As a model writes it: by line, the old text before the new; a line feed behind each."""
        rows = []
        for number in sorted({*self.removed, *self.added}):
            if number in self.removed:
                rows.append(f"-{number}|{self.removed[number]}\n")
            rows += [f"+{number}|{line}\n" for line in self.added.get(number, ())]
        return "".join(rows)

    @property
    def size(self) -> int:
        """Lines that go and lines that come."""
        return len(self.removed) + sum(map(len, self.added.values()))

    @property
    def lines(self) -> range:
        """From the first line that it touches to behind the last."""
        numbers = {*self.removed, *self.added}
        return range(min(numbers), max(numbers) + 1) if numbers else range(1, 1)

    def apply(self, code: str) -> str:
        """The code with all changes.

        Raises:
            PatchError: a line is not there, or does not read as the patch has it; or nothing changes.
        """
        lines = code.split("\n")
        self._check(lines)
        changed: list[str] = []
        for number, line in enumerate([*lines, ""], start=1):
            changed += self.added.get(number, ())
            if number not in self.removed and number <= len(lines):
                changed.append(line)
        mended = "\n".join(changed)
        if mended == code:
            raise PatchError("The patch changes nothing: ask for another answer.")
        return mended

    def _check(self, lines: list[str]) -> None:
        last = len(lines)
        for number in (*self.removed, *self.added):
            most = last if number in self.removed else last + 1
            if not 1 <= number <= most:
                raise PatchError(
                    f"The patch is for line {number}, but the code has {last} lines: give it the code "
                    "that the patch was made for."
                )
        for number, text in self.removed.items():
            if lines[number - 1] != text:
                raise PatchError(
                    f"Line {number} of the code is {_quoted(lines[number - 1])}, and the patch takes "
                    f"{_quoted(text)} away: give it the code that the patch was made for."
                )


def numbered(code: str, lines: Iterable[int] | None = None) -> str:
    """Code with its line numbers in front, as the prompt has it, or some lines of it.

    >>> numbered("a\\nb\\n")
    '1|a\\n2|b\\n'
    """
    rows = code.split("\n")
    count = len(rows) - (rows[-1] == "")
    wanted = range(1, count + 1) if lines is None else (n for n in lines if 1 <= n <= count)
    return "".join(f"{number}|{rows[number - 1]}\n" for number in wanted)


def _quoted(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")
