"""The keys and values of the last prompts, kept so that typing on costs only the new tokens.

A `Slot` is an engine and the ids in its cache; `PrefixCache` holds a few of them on one set of weights
and hands out the one that shares most with a prompt.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from codekiln.generate.engine import Engine, Ids, Logits
from codekiln.generate.interrupt import GoOn, Interrupted

SLOTS = 16  # one for each who types
FEW = 2  # the file that is open and the one before it; to read another's prompt again takes half a second
TOKENS = 16_384  # in more slots than these few
IDLE = 20.0  # seconds after which who typed there does so no longer
KEPT = 16  # ids: to share fewer is not worth losing a slot's own text for, and fewer are not worth keeping
PIECE_MS = 100.0  # what is read between two questions whether anybody still wants it
# Ids, a power of two. To read 64 at a time takes 2.6 times as long as 256; 512 take 10 MB more.
SMALLEST_PIECE, LARGEST_PIECE = 64, 256


class Slot:
    """One engine's cache and the ids that are in it; `pending` are those still to be read."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ids: list[int] = []
        self.pending: list[int] = []
        self.used = 0.0  # when it last was taken
        self.held = 0  # the most ids that it had, for which its engine has memory
        self._piece = SMALLEST_PIECE

    def shared(self, prompt: list[int]) -> int:
        """How many ids at the beginning of `prompt` the cache holds."""
        low, high = 0, min(len(self.ids), len(prompt))
        while low < high:  # lists are compared a thousand ids in a few microseconds
            middle = (low + high + 1) // 2
            if self.ids[low:middle] == prompt[low:middle]:
                low = middle
            else:
                high = middle - 1
        return low

    def prime(self, prompt: list[int]) -> None:
        """Rewind to what is shared; at least the last id is read anew, for its logits."""
        kept = min(self.shared(prompt), len(prompt) - 1)
        self.rewind(len(self.ids) - kept)
        self.pending = prompt[kept:]
        self.held = max(self.held, len(prompt))

    def read(self, draft: Sequence[int] = (), go_on: GoOn | None = None) -> Logits:
        """Read what is pending and a draft behind it; logits `[1 + len(draft), vocab]`.

        The first row is what follows the pending ids, each other one what follows a drafted id. With
        `go_on`, a long text is read in pieces and that asked between them, which makes reading slower.

        Raises:
            Interrupted: `go_on` said no; what was read until then stays, the rest is pending.
        """
        while go_on and len(self.pending) > self._piece:
            begun, piece = time.perf_counter(), self._piece
            self._read(piece)
            milliseconds = 1000 * (time.perf_counter() - begun)
            wanted = np.clip(
                piece * PIECE_MS / max(milliseconds, 0.01), SMALLEST_PIECE, LARGEST_PIECE
            )
            self._piece = 1 << (int(wanted).bit_length() - 1)
            if not go_on():
                raise Interrupted
        if not draft:
            return self._read(len(self.pending))
        if not self.ids:
            return np.concatenate([self._read(len(self.pending)), self._step(draft, len(draft))])
        pending, self.pending = self.pending, []
        return self._step([*pending, *draft], 1 + len(draft))

    def rewind(self, n: int) -> None:
        """Forget the last `n` ids."""
        if n:
            self.engine.rewind(n)
            del self.ids[-n:]

    def _read(self, count: int) -> Logits:
        ids, rest = self.pending[:count], self.pending[count:]
        rows = self._with(self.engine.read if self.ids else self.engine.prefill, ids)
        self.pending = rest
        return rows

    def _step(self, ids: Sequence[int], last: int) -> Logits:
        rows: Logits = self._with(partial(self.engine.step, last=last), ids)[0]
        return rows

    def _with(self, call: Callable[[Ids], Logits], ids: Sequence[int]) -> Logits:
        held, self.ids = self.ids, []  # what a call that fails leaves in the cache is not known
        rows = call(np.array([ids], dtype=np.int64))
        self.ids = [*held, *ids]
        return rows


class PrefixCache:
    """A few slots on one set of weights.

    Memory is bounded by `FEW` full contexts; where these are short, by that of `TOKENS` in `slots`.
    More than the few are for those who come back while they would still be typing, and find their slot
    taken (ghost entries, as in ARC: Megiddo and Modha 2003); who goes from text to text needs no more.
    """

    def __init__(
        self, engine: Engine, slots: int = SLOTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds."""
        self._slots = [Slot(engine)]
        self._taken: deque[tuple[list[int], float]] = deque(maxlen=slots)  # first ids, last use
        self._most, self._clock = slots, clock

    @property
    def engine(self) -> Engine:
        """One of the slots'; only its twins are for others."""
        return self._slots[0].engine

    def slot_for(self, prompt: list[int]) -> Slot:
        """The slot that shares most with the prompt, or else the one that was idle longest, primed."""
        slot = max(self._slots, key=lambda slot: slot.shared(prompt))
        if slot.ids and slot.shared(prompt) < min(KEPT, len(prompt) - 1):
            slot = self._another(prompt)
        slot.used = self._clock()
        slot.prime(prompt)
        self._let_go()
        return slot

    def _another(self, prompt: list[int]) -> Slot:
        shortest = min(self._slots, key=lambda slot: len(slot.ids))
        if len(shortest.ids) < KEPT:
            return shortest
        if len(self._slots) < min(FEW, self._most) or self._is_missed(prompt):
            self._slots.append(Slot(self.engine.twin()))
            return self._slots[-1]
        oldest = min(self._slots, key=lambda slot: slot.used)
        self._taken.append(([*oldest.ids, *oldest.pending][:KEPT], oldest.used))
        return oldest

    def _is_missed(self, prompt: list[int]) -> bool:
        """Whether its slot was taken from who still types there, and there is room for one more."""
        if len(self._slots) >= self._most or self._held() + len(prompt) > TOKENS:
            return False
        idle = self._idle()
        return any(used >= idle and prompt[:KEPT] == first for first, used in self._taken)

    def _held(self) -> int:
        return sum(slot.held for slot in self._slots)

    def _let_go(self) -> None:
        """Of those that were idle longest, as many as are too many for their size, or idle too long."""
        self._slots.sort(key=lambda slot: -slot.used)
        idle = self._idle()
        while len(self._slots) > FEW and (self._held() > TOKENS or self._slots[-1].used < idle):
            self._slots.pop()

    def _idle(self) -> float:
        """The time before which who was here last is here no longer."""
        return self._clock() - IDLE
