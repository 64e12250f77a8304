import threading
import time

from codekiln.generate.interrupt import Interrupt


def test_nothing_interrupts_by_default():
    assert Interrupt().reason() is None


def test_a_deadline_that_has_passed():
    assert Interrupt(time.monotonic() - 0.001).reason() == "deadline"
    assert Interrupt(time.monotonic() + 60).reason() is None


def test_a_caller_who_has_left_counts_first():
    event = threading.Event()
    interrupt = Interrupt(time.monotonic() - 1, event)
    assert interrupt.reason() == "deadline"
    event.set()
    assert interrupt.reason() == "cancelled"
