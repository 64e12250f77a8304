"""Whether a text may stand at the cursor, in so many parses and seconds."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from codekiln.generate.verify.brackets import closing, unclosed

WINDOW = 4096  # characters before the cursor in which open brackets are looked for
MOST_OWED = 2  # brackets that a file may lack at the cursor


class OpenFile(Protocol):
    """A file with a cursor in it, in some language."""

    @property
    def fillers(self) -> tuple[str, ...]:
        """Texts that stand for what is still to be written at a cursor."""

    @property
    def ends(self) -> tuple[str, ...]:
        """What a statement may lack at its end, besides a body."""

    @property
    def bodies(self) -> tuple[str, ...]:
        """What the head of a block may lack."""

    @property
    def has_other_errors(self) -> bool:
        """Whether something has fitted in spite of errors elsewhere."""

    @property
    def is_doubtful(self) -> bool:
        """Whether something has not fitted only because the parser is known to take too much."""

    def fits(self, text: str, tail: str = "") -> bool:
        """Whether no error is new with `text` at the cursor and `tail` at the end of its line."""

    def swallows(self, text: str, /) -> bool:
        """Whether what begins in a `text` that fits ends in a line behind it."""


@dataclass(frozen=True)
class Debt:
    """What the file lacks without the candidate: nothing; or brackets, and the end of a statement."""

    whole: bool
    brackets: int = 0
    end: str = ""


class Judge:
    """One file's judgements. When the parses or the seconds are spent, nothing fits."""

    def __init__(
        self, file: OpenFile, prefix: str, suffix: str, parses: int, seconds: float
    ) -> None:
        self._file, self._left = file, parses
        self._deadline = time.monotonic() + seconds
        self._rest = suffix[:WINDOW].partition("\n")[0]
        self._before = unclosed(prefix[-WINDOW:])[1]

    @property
    def is_spent(self) -> bool:
        """Whether no parse is left, or no time."""
        return self._left <= 0 or time.monotonic() >= self._deadline

    @cached_property
    def debt(self) -> Debt | None:
        """What the file lacks at the cursor; None if nothing that we try makes it parse."""
        if self._fits(""):
            return Debt(whole=True)
        ends = self._file.bodies + self._file.ends
        for count, end in itertools.product(range(min(self._standing, MOST_OWED) + 1), ends):
            tail = closing(self._before[self._standing - count : self._standing]) + end
            if any(self._fits(filler, tail) for filler in self._file.fillers):
                return Debt(False, count, end)
        return None

    def lacking(self, text: str) -> str | None:
        """What verified `text` leaves lacking at the end of its line, mostly nothing; None if it is not."""
        tails = itertools.chain([""], self._tails(text))  # the debt is not asked for if all is well
        return next((tail for tail in tails if self._fits(text, tail)), None)

    def lacking_after_part(self, text: str) -> str | None:
        """The same for a beginning of a line: it may not make what follows a part of what it begins."""
        if self.debt is None or not self.debt.whole:
            return self.lacking(text)
        return "" if self._fits(text) and not self._file.swallows(text) else None

    def lacking_at_last(self, text: str) -> str | None:
        """What would make `text` fit, were it allowed to leave open what it opens itself."""
        left, opened = unclosed(text + self._rest, self._before)
        tail = closing(opened) + self._owed(left)
        tails = (tail + end for end in self._file.ends + self._file.bodies)
        return next((tail for tail in tails if self._fits(text, tail)), None)

    def _tails(self, text: str) -> Iterator[str]:
        """What may lack behind `text`, because it was lacking before."""
        if self.debt is None or self.debt.whole:
            return
        left, opened = unclosed(text + self._rest, self._before)
        owed = self._owed(left)
        same = "\n" not in text or bool(owed)  # statement as the one before the cursor
        bodies = self._file.bodies if self.debt.end in self._file.bodies and same else ()
        if opened:
            if opened == "{" and bodies and not owed:
                yield closing(opened)
        elif same:
            ends = dict.fromkeys(("", self.debt.end, *bodies))
            yield from (owed + end for end in ends if owed + end)

    @cached_property
    def _standing(self) -> int:
        """How many brackets from before the cursor are open at the end of its line."""
        return unclosed(self._rest, self._before)[0]

    def _owed(self, left: int) -> str:
        """What closes those of the brackets lacking that are among the `left` outermost ones."""
        lacking = self.debt.brackets if self.debt else 0
        return closing(self._before[self._standing - lacking : left])

    def _fits(self, text: str, tail: str = "") -> bool:
        if self.is_spent:
            return False
        self._left -= 1
        return self._file.fits(text, tail)
