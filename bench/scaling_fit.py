"""Scaling laws of model size and data, fitted to few trainings; how they foretell what was left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Exponents = tuple[float, float, float]


@dataclass(frozen=True)
class Point:
    """One training: weights, tokens, and the loss it came to."""

    weights: int
    tokens: int
    loss: float


@dataclass(frozen=True)
class Law:
    """L(N, D) = (E + A·N^-a + B·D^-b)^c, which is either law below."""

    least: float
    of_size: float
    of_data: float
    exponents: Exponents

    def loss(self, weights: float, tokens: float) -> float:
        """What a model of so many weights comes to after so many tokens."""
        a, b, c = self.exponents
        sum_of_terms = self.least + self.of_size * weights**-a + self.of_data * tokens**-b
        return float(sum_of_terms**c)

    def __str__(self) -> str:
        a, b, c = self.exponents
        least = f"{self.least:.3f} + " if self.least else ""
        terms = f"{least}{self.of_size:.3g}·N^-{a:.2f} + {self.of_data:.3g}·D^-{b:.2f}"
        return f"L = {terms}" if c == 1 else f"L = ({terms})^{c:.3f}"


Fit = Callable[[Sequence[Point]], Law]


def fit_sum(points: Sequence[Point]) -> Law:
    """E + A·N^-a + B·D^-b: size and data take each a part of the loss (Hoffmann et al. 2022, §3.3)."""
    exponents = np.arange(0.10, 0.91, 0.02)
    return _best(points, ((a, b, 1.0) for a, b in product(exponents, exponents)), floor=True)


def fit_joint(points: Sequence[Point]) -> Law:
    """[(N0/N)^(aN/aD) + D0/D]^aD: what one lacks holds the other back (Kaplan et al. 2020, eq. 1.5)."""
    sizes, outer = np.arange(0.05, 1.50, 0.02), np.arange(0.04, 0.50, 0.004)
    return _best(points, ((a, 1.0, c) for a, c in product(sizes, outer)), floor=False)


def error_without_largest(fit: Fit, points: Sequence[Point], sizes: int = 1) -> list[float]:
    """Relative errors on the `sizes` largest models, foretold from all smaller ones."""
    smallest_left_out = sorted({point.weights for point in points})[-sizes]
    law = fit([point for point in points if point.weights < smallest_left_out])
    left_out = [point for point in points if point.weights >= smallest_left_out]
    return [law.loss(point.weights, point.tokens) / point.loss - 1 for point in left_out]


def _best(points: Sequence[Point], candidates: Iterable[Exponents], floor: bool) -> Law:
    """The law of least squared error of log L. For given exponents L^(1/c) is linear in the rest."""
    weights = np.array([point.weights for point in points], float)
    tokens = np.array([point.tokens for point in points], float)
    losses = np.array([point.loss for point in points])

    def solved(exponents: Exponents) -> tuple[float, Numbers]:
        a, b, c = exponents
        terms = [np.full_like(losses, float(floor)), weights**-a, tokens**-b]
        columns = np.stack(terms, axis=1) / losses[:, None] ** (1 / c)
        scale = np.maximum(columns.max(axis=0), 1e-300)
        found = np.linalg.lstsq(columns / scale, np.ones_like(losses), rcond=None)[0] / scale
        shares = columns @ found
        if (found < 0).any() or (shares <= 0).any():  # more weights or tokens never harm
            return np.inf, found
        return float(((c * np.log(shares)) ** 2).sum()), found

    best = min(candidates, key=lambda exponents: solved(exponents)[0])
    least, of_size, of_data = map(float, solved(best)[1])
    return Law(least, of_size, of_data, best)
