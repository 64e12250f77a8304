import threading
import time

from codekiln.generate.interrupt import Interrupt


def test_nothing_interrupts_by_default():
    assert Interrupt().reason() is None
    assert Interrupt().go_on() is None


def test_going_on_ends_with_a_reason():
    event = threading.Event()
    go_on = Interrupt(None, event).go_on()
    assert go_on()
    event.set()
    assert not go_on()
    assert not Interrupt(time.monotonic() - 1).go_on()()


def test_a_deadline_that_has_passed():
    assert Interrupt(time.monotonic() - 0.001).reason() == "deadline"
    assert Interrupt(time.monotonic() + 60).reason() is None


def test_a_caller_who_has_left_counts_first():
    event = threading.Event()
    interrupt = Interrupt(time.monotonic() - 1, event)
    assert interrupt.reason() == "deadline"
    event.set()
    assert interrupt.reason() == "cancelled"
