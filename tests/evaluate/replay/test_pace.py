"""The pace: so many lines, or so much time, evenly over a history."""

import itertools

from codekiln.evaluate.replay.pace import Pace


class Clock:
    """Time that only passes when somebody works."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def walked(pace, clock, total, seconds, run=8):
    """The runs that were typed, where a line takes so long."""
    typed, kept = 0, []
    for passed in range(0, total, run):
        if pace.keeps(typed, passed, total):
            kept.append(passed)
            for _ in range(run):
                if pace.is_over(typed):
                    return kept, typed
                clock.now += seconds
                typed += 1
    return kept, typed


def test_all_lines_without_a_bound():
    clock = Clock()
    assert walked(Pace(clock=clock), clock, 80, 1)[1] == 80


def test_so_many_lines_lie_evenly():
    clock = Clock()
    kept, typed = walked(Pace(lines=100, clock=clock), clock, 1000, 1)
    assert typed == 100
    gaps = [b - a for a, b in itertools.pairwise(kept)]
    assert max(gaps) <= 96
    assert kept[-1] > 900


def test_as_many_lines_as_there_is_time_for():
    clock = Clock()
    kept, typed = walked(Pace(until=160, clock=clock), clock, 10_000, 0.5)
    assert 159 <= clock.now <= 160.5
    assert typed == 2 * (clock.now - 100)
    assert kept[-1] > 8000
    assert all(1 <= sum(k // 1000 == tenth for k in kept) <= 3 for tenth in range(10))


def test_with_time_to_spare_all_lines_are_typed():
    clock = Clock()
    assert walked(Pace(until=1000, clock=clock), clock, 96, 0.5)[1] == 96


def test_no_more_than_half_of_the_time_is_for_the_index():
    clock = Clock()
    pace = Pace(until=160, clock=clock)
    assert pace.may_index()
    clock.now = 131
    assert not pace.may_index()
    assert Pace(clock=clock).may_index()


def test_the_time_for_typing_begins_with_the_first_line():
    clock = Clock()
    pace = Pace(until=160, clock=clock)
    clock.now = 130  # the index took half of it
    kept, _ = walked(pace, clock, 10_000, 0.25)
    assert 159 <= clock.now <= 160.5
    assert kept[-1] > 8000
