import threading
import time

import pytest

from codekiln.generate import turns as module
from codekiln.generate.interrupt import NEVER, Interrupt
from codekiln.generate.turns import Turns


class Queue:
    """People who wait on threads of their own; `served` is the order in which they had their turn."""

    def __init__(self, turns):
        self.turns, self.served = turns, []
        self._threads = []

    def add(self, name, interrupt=NEVER):
        def wait():
            with self.turns.turn(interrupt) as reason:
                self.served.append((name, reason) if reason else name)

        before = len(self.turns._waiting)
        thread = threading.Thread(target=wait)
        self._threads.append(thread)
        thread.start()
        until = time.monotonic() + 20
        while len(self.turns._waiting) == before and thread.is_alive():
            assert time.monotonic() < until
            time.sleep(0.001)

    def wait(self):
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()
        return self.served


def test_nobody_waits_where_nobody_is_served():
    turns = Turns()
    for _ in range(2):
        with turns.turn(NEVER) as reason:
            assert reason is None
            assert not turns.wanted


def test_the_newest_is_served_first():
    turns = Turns(lambda: 0.0)
    queue = Queue(turns)
    with turns.turn(NEVER):
        for name in "abc":
            queue.add(name)
        assert turns.wanted
    assert queue.wait() == ["c", "b", "a"]


def test_every_other_turn_is_for_who_has_waited_long():
    now = 0.0
    turns = Turns(lambda: now)
    queue = Queue(turns)
    with turns.turn(NEVER):
        for name in "ab":
            queue.add(name)
        now = 2 * module.PATIENCE
        for name in "cd":
            queue.add(name)
    assert queue.wait() == ["a", "d", "b", "c"]


def test_who_is_interrupted_leaves_and_is_not_served():
    turns, gone = Turns(), threading.Event()
    queue = Queue(turns)
    with turns.turn(NEVER):
        queue.add("a", Interrupt(cancelled=gone))
        queue.add("b", Interrupt(time.monotonic() + 0.05))
        assert turns.wanted
        gone.set()
        assert sorted(queue.wait()) == [("a", "cancelled"), ("b", "deadline")]
        assert not turns.wanted
    with turns.turn(NEVER) as reason:  # they took nothing with them
        assert reason is None


def test_who_is_interrupted_before_asks_for_no_turn():
    gone = threading.Event()
    gone.set()
    turns = Turns()
    with turns.turn(Interrupt(cancelled=gone)) as reason:
        assert reason == "cancelled"
        with turns.turn(NEVER) as other:
            assert other is None


def test_who_is_called_when_it_is_too_late_passes_it_on(monkeypatch):
    monkeypatch.setattr(module, "ASKED_EVERY", 1.0)  # so that neither asks before it is called
    turns, gone = Turns(lambda: 0.0), threading.Event()
    queue = Queue(turns)
    with turns.turn(NEVER):
        queue.add("a")
        queue.add("b", Interrupt(cancelled=gone))
        gone.set()
    assert sorted(queue.wait(), key=str) == [("b", "cancelled"), "a"]


def test_an_error_gives_the_turn_to_the_next():
    turns = Turns()
    queue = Queue(turns)

    def fail():
        with turns.turn(NEVER):
            queue.add("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert queue.wait() == ["a"]


def test_many_threads_are_served_one_at_a_time():
    turns, inside, most = Turns(), 0, 0

    def work():
        nonlocal inside, most
        for _ in range(50):
            with turns.turn(NEVER):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert (inside, most) == (0, 1)
