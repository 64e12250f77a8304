"""Who is next, where one is served at a time and several ask.

Who types asks at every key and hangs up on the key before, so that in a crowd the oldest requests are those
that are gone before their answer's end: the newest is served first. But who has waited longer than a typist
does between two keys has stopped to look, or is no typist: every other turn is theirs, in their order.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from codekiln.generate.interrupt import Interrupt, Interruption

PATIENCE = 0.5  # seconds; of the pauses between two keys 97 % are shorter (Dhakal et al. 2018)
ASKED_EVERY = 0.01  # seconds of waiting, whether it is still worth it


@dataclass(eq=False)
class _Waiting:
    since: float
    interrupt: Interrupt
    called: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Hands out one turn at a time; any thread may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._lock = threading.Lock()
        self._clock, self._taken = clock, False
        self._was_patient = False  # who has the turn
        self._waiting: list[_Waiting] = []  # the newest last

    @property
    def wanted(self) -> bool:
        """Whether anybody waits who has not been interrupted."""
        with self._lock:
            return any(one.interrupt.reason() is None for one in self._waiting)

    @contextmanager
    def turn(self, interrupt: Interrupt) -> Iterator[Interruption | None]:
        """Have the turn, or the reason why it was not waited for any longer, or not wanted at all."""
        reason = self._wait(interrupt)
        if reason:
            yield reason
            return
        try:
            yield None
        finally:
            self._pass_on()

    def _wait(self, interrupt: Interrupt) -> Interruption | None:
        if reason := interrupt.reason():
            return reason
        with self._lock:
            if not self._taken:
                self._taken = True
                return None
            me = _Waiting(self._clock(), interrupt)
            self._waiting.append(me)
        while not me.called.wait(ASKED_EVERY):
            if reason := interrupt.reason():
                break
        with self._lock:
            if me in self._waiting:
                self._waiting.remove(me)
                return reason
        if reason := interrupt.reason():
            self._pass_on()
        return reason

    def _pass_on(self) -> None:
        """Give the turn to the next one."""
        with self._lock:
            self._taken = bool(self._waiting)
            if self._waiting:
                waited = self._clock() - self._waiting[0].since
                self._was_patient = waited > PATIENCE and not self._was_patient
                self._waiting.pop(0 if self._was_patient else -1).called.set()
