"""The answers to one prompt side by side, as rows of one engine."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from codekiln.generate.engine import Logits
from codekiln.generate.interrupt import Interrupt, Interrupted
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.hypotheses import Partial


class Rows:
    """Reads the prompt once, in one row, and then each answer in a row of its own.

    A context, at whose end the slot holds the prompt alone, or what of it was read until the interrupt.
    """

    def __init__(self, slot: Slot, prompt: Sequence[int], interrupt: Interrupt) -> None:
        self._slot, self._prompt, self._interrupt = slot, list(prompt), interrupt
        self._rows: list[int] = []  # the engine's row of each partial that was read last

    def read(self, parents: Sequence[int], partials: Sequence[Partial]) -> Logits:
        """Logits `[len(partials), vocab]` after each; that of `partials[i]` goes on from `parents[i]`.

        That is a place among those of the last call. In the first, no partial has a token yet.

        Raises:
            Interrupted: there was a reason, before the reading or between two pieces of the prompt.
        """
        if self._interrupt.reason():
            raise Interrupted
        if not self._rows:
            logits = self._slot.read((), self._interrupt.go_on())
            self._slot.ids = []  # whatever happens now, this is no prompt that the slot could keep
            self._rows = [0] * len(partials)
            return logits[self._rows]
        rows = [self._rows[parent] for parent in parents]
        if rows != sorted(set(self._rows)):  # a fork copies the cache
            self._slot.engine.fork(rows)
        self._rows = list(range(len(partials)))
        last = [[partial.token_ids[-1]] for partial in partials]
        return self._slot.engine.step(np.array(last, dtype=np.int64))[:, -1]

    def __enter__(self) -> Self:
        self._slot.prime(self._prompt)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._rows and kind is None:
            engine = self._slot.engine
            engine.rewind(engine.length - len(self._prompt))
            engine.fork([0])
            self._slot.ids = self._prompt
