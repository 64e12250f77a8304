"""How far a figure may be from what other files or lines would give: Efron's bootstrap (1979).

A figure is a ratio of sums over items: right lines by lines, saved keys by characters, bits by bytes. Items
that belong together (the lines of a file) are drawn together, since they are more alike than others.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
LEVEL = 0.95  # of the intervals, by percentiles

Floats = npt.NDArray[np.float64]
Figures = Sequence[tuple[float, float]]
"""Of each item its amount, and of how much that is."""


class Estimate(NamedTuple):
    """A figure and its interval; `nan` where there is nothing to divide by."""

    value: float
    low: float
    high: float


class Paired(NamedTuple):
    """One system's figure less another's and divided by it, on the same items.

    `chance` is how often resamples have the difference on the other side of 0, doubled; but n groups that
    all agree would do so once in 2^(n - 1) times where there is no difference, so it is no less than that.
    """

    difference: Estimate
    ratio: Estimate
    chance: float

    @property
    def is_more(self) -> bool:
        """Whether the first has more, by more than chance would have it."""
        return self.difference.value > 0 and self.chance < 1 - LEVEL

    @property
    def is_less(self) -> bool:
        """Whether the first has less, by more than chance would have it."""
        return self.difference.value < 0 and self.chance < 1 - LEVEL


def estimate(figures: Figures, groups: Sequence[Hashable], seed: int = 0) -> Estimate:
    """The figure over all items; `groups` says what each item is drawn together with."""
    drawn = _resampled(figures, groups, seed)
    return _estimate(drawn)


def paired(first: Figures, second: Figures, groups: Sequence[Hashable], seed: int = 0) -> Paired:
    """The first's figure against the second's, item by item in the same order, drawn alike."""
    one, other = _resampled(first, groups, seed), _resampled(second, groups, seed)
    difference = one - other
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = one / other
    resampled = difference[1:]
    sides = min((resampled <= 0).mean(), (resampled >= 0).mean())
    least = 2.0 ** (1 - len(set(groups)))
    chance = min(1.0, max(2 * float(sides), least))
    return Paired(_estimate(difference), _estimate(ratio), chance)


def _estimate(drawn: Floats) -> Estimate:
    known = drawn[1:][~np.isnan(drawn[1:])]
    if not len(known):
        return Estimate(float(drawn[0]), np.nan, np.nan)
    # An infinite ratio, where the other system has nothing at all, is not to be interpolated with.
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    return Estimate(float(drawn[0]), float(low), float(high))


def _resampled(figures: Figures, groups: Sequence[Hashable], seed: int) -> Floats:
    """The figure of all items, and then of each resample: `[1 + RESAMPLES]`."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    of = np.array([numbers[group] for group in groups], np.int64)
    sums = np.zeros((len(numbers), 2))
    np.add.at(sums, of, np.asarray(figures, np.float64).reshape(-1, 2))
    rng = np.random.default_rng(seed)
    often = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), RESAMPLES)
    amounts, whole = (np.concatenate([np.ones((1, len(sums))), often]) @ sums).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(amounts / whole)
