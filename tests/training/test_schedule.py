"""The share of the learning rate, by hand."""

import pytest

from codekiln.training.schedule import warmup_stable_decay


def shares(steps, warmup, decay):
    return [warmup_stable_decay(step, steps, warmup, decay) for step in range(steps)]


@pytest.mark.parametrize(
    ("steps", "warmup", "decay", "expected"),
    [
        (5, 0.0, 0.0, [1, 1, 1, 1, 1]),
        (4, 1.0, 0.0, [0.25, 0.5, 0.75, 1]),
        (4, 0.0, 1.0, [1, 0.75, 0.5, 0.25]),
        (8, 0.25, 0.5, [0.5, 1, 1, 1, 1, 0.75, 0.5, 0.25]),
        (1, 0.02, 0.6, [1]),
        (10, 0.04, 0.2, [1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5]),
    ],
)
def test_by_hand(steps, warmup, decay, expected):
    assert shares(steps, warmup, decay) == pytest.approx(expected)


@pytest.mark.parametrize("steps", [1, 2, 3, 50, 1000])
def test_no_step_is_lost_and_none_goes_beyond(steps):
    found = shares(steps, 0.1, 0.5)
    assert all(0 < share <= 1 for share in found)
    assert max(found) == 1
