"""What the guard lets pass: noise and a falling loss, not a jump and not what is no number."""

import math
import random

from codekiln.training.guard import FEWEST, SpikeGuard


def falling(steps, noise=0.2, seed=0):
    generator = random.Random(seed)
    return [9 * 0.98**n + 1 + generator.uniform(-noise, noise) for n in range(steps)]


def test_a_noisy_loss_that_falls_is_accepted():
    guard = SpikeGuard(tolerance=3)
    assert all(guard.accepts(loss, 1.0) for loss in falling(300))
    assert guard.skipped == 0


def test_a_jump_is_not_and_the_next_loss_is():
    guard = SpikeGuard(tolerance=3)
    losses = falling(200)
    for loss in losses:
        guard.accepts(loss, 1.0)
    assert not guard.accepts(losses[-1] + 4, 1.0)
    assert guard.accepts(losses[-1], 1.0)
    assert (guard.skipped, guard.in_a_row) == (1, 0)


def test_what_is_no_number_is_never_accepted():
    guard = SpikeGuard(tolerance=1)
    assert not guard.accepts(math.nan, 1.0)
    assert not guard.exhausted
    assert not guard.accepts(1.0, math.inf)
    assert guard.exhausted
    assert guard.accepts(1.0, 1.0)
    assert not guard.exhausted


def test_the_first_losses_have_nothing_to_be_compared_with():
    guard = SpikeGuard(tolerance=0)
    assert all(guard.accepts(loss, 1.0) for loss in [1.0] * (FEWEST - 1) + [9.0])
    assert not guard.accepts(20.0, 1.0)


def test_a_resumed_guard_judges_as_the_one_before():
    guard = SpikeGuard(tolerance=3)
    losses = falling(200)
    for loss in losses:
        guard.accepts(loss, 1.0)
    again = SpikeGuard(3, guard.recent(), guard.skipped)
    for loss in (losses[-1] + 4, losses[-1] + 0.4, losses[-1] + 0.6, losses[-1] + 1.5):
        assert guard.accepts(loss, 1.0) == again.accepts(loss, 1.0)
        assert guard.recent() == again.recent()
