"""The minutes that were given are kept, whatever is slow."""

import pytest

from codekiln.pipeline.adapt.budget import LAST, Budget


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize("minutes", [1, 3, 30, 300])
def test_all_parts_fit(clock, minutes):
    budget = Budget.of(minutes, clock=clock)
    assert budget.minutes == minutes
    assert budget.contest < budget.tuning or minutes < 3
    clock.now += budget.contest + 10  # and what is loaded before
    tuning = budget.tuning_now()
    assert tuning == pytest.approx(budget.tuning) or minutes == 1
    clock.now += 1.3 * tuning
    assert budget.left() >= budget.contest - 15
    clock.now += budget.second_contest()
    assert clock.now <= 100 + 60 * minutes - LAST


def test_where_the_start_was_slow_tuning_is_shorter(clock):
    budget = Budget.of(3, clock=clock)
    clock.now += 80
    assert 0 < budget.tuning_now() < budget.tuning
    clock.now += 60
    assert budget.tuning_now() == 0


def test_a_run_that_goes_on_has_the_same_parts(clock):
    one = Budget.of(3, begun=50.0, clock=clock)
    other = Budget.of(3, begun=90.0, clock=clock)
    assert (one.contest, one.tuning_now()) == (other.contest, other.tuning_now())


def test_without_minutes_nothing_is_tuned(clock):
    budget = Budget.of(None, clock=clock)
    assert budget.minutes is None
    assert budget.tuning == budget.tuning_now() == 0
    assert budget.contest > 0
