"""A scaling law of model size and data, fitted to few trainings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

EXPONENTS = np.arange(0.10, 0.91, 0.02)
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """One training: weights, tokens, and the loss it came to."""

    weights: int
    tokens: int
    loss: float


@dataclass(frozen=True)
class Law:
    """L(N, D) = E + A·N^-a + B·D^-b."""

    least: float
    of_size: float
    size_exponent: float
    of_data: float
    data_exponent: float

    def loss(self, weights: float, tokens: float) -> float:
        """What a model of so many weights comes to after so many tokens."""
        by_size = self.of_size * weights**-self.size_exponent
        return self.least + by_size + self.of_data * tokens**-self.data_exponent

    def __str__(self) -> str:
        return (
            f"L = {self.least:.3f} + {self.of_size:.3g}·N^-{self.size_exponent:.2f}"
            f" + {self.of_data:.3g}·D^-{self.data_exponent:.2f}"
        )


def fit(points: Sequence[Point]) -> Law:
    """The law of least squared error. For given exponents it is linear, so only those are searched."""
    weights = np.array([point.weights for point in points], float)
    tokens = np.array([point.tokens for point in points], float)
    losses = np.array([point.loss for point in points])

    def solved(a: float, b: float) -> tuple[float, Numbers]:
        columns = np.stack([np.ones_like(losses), weights**-a, tokens**-b], axis=1)
        scale = columns.max(axis=0)
        found = np.linalg.lstsq(columns / scale, losses, rcond=None)[0] / scale
        if (found < 0).any():  # more weights or tokens never harm
            return np.inf, found
        return float(((columns @ found - losses) ** 2).sum()), found

    a, b = min(product(EXPONENTS, EXPONENTS), key=lambda pair: solved(*pair)[0])
    least, of_size, of_data = solved(a, b)[1]
    return Law(float(least), float(of_size), float(a), float(of_data), float(b))
