"""When a run stops."""

import math

from codekiln.training.stopping import Stopping


def test_it_stops_after_so_many_looks_without_gain():
    stopping = Stopping(patience=2)
    seen = [(stopping.gains(loss), stopping.over) for loss in (3.0, 2.0, 2.0, 2.5, 1.0)]
    assert seen == [(True, False), (True, False), (False, False), (False, True), (True, False)]
    assert stopping.best == 1.0


def test_what_is_no_number_is_no_gain():
    stopping = Stopping(patience=1, best=2.0)
    assert not stopping.gains(math.nan)
    assert stopping.over


def test_without_patience_it_never_stops():
    stopping = Stopping(patience=0)
    assert not any(stopping.over for loss in (1.0, 2.0, 3.0) if not stopping.gains(loss))
