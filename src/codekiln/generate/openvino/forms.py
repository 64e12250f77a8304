"""How the weights of a graph lie in memory: in fp32, or in 8 or 4 bits with a scale for each group.

Matrices stay as small as that: the graph says how one is restored, and the plugin multiplies with what
is stored. A matrix in 8 bits by rows takes the bytes of our own safetensors as they are.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from codekiln.generate.openvino.runtime import (
    DYNAMIC_GROUP,
    Constant,
    Node,
    Shape,
    Tensor,
    Type,
    ops,
)
from codekiln.model.arrays import Floats, Rows, quantise, whole

Kind = Literal["f32", "int8", "int4"]
GROUP = DYNAMIC_GROUP  # weights that share a scale; with fewer than the inputs products are slow
LOWEST = -8  # of 4 bits

Matrix = Callable[[], Node]


def matrix(weight: Floats | Rows, kind: Kind) -> Matrix:
    """A maker of nodes that are this matrix `[out, in]`, to be multiplied with; every use needs its own.

    What is stored in 8 bits by rows stays so instead of by groups, and so do, in 8 bits, rows that are
    no whole number of groups.
    """
    if kind == "f32":
        plain = constant(whole(weight))
        return lambda: plain
    if weight.shape[1] % GROUP or (kind == "int8" and isinstance(weight, Rows)):
        return _by_rows(weight)
    groups = whole(weight).reshape(weight.shape[0], -1, GROUP)
    values, scale = _eight_bits(groups) if kind == "int8" else _four_bits(groups)
    scales = constant(scale)
    shape = Constant(Type.i64, Shape([2]), list(weight.shape))
    return lambda: ops.reshape(ops.multiply(ops.convert(values, "f32"), scales), shape, False)


def table(weight: Floats | Rows, kind: Kind) -> Node:
    """This matrix `[out, in]`, of which rows are looked up; in 8 bits by rows unless in fp32."""
    return constant(whole(weight)) if kind == "f32" else _by_rows(weight)()


def joined(weights: Sequence[Floats | Rows]) -> Floats | Rows:
    """Matrices `[out, in]` one under the other."""
    if len(weights) == 1:
        return weights[0]
    rows = [weight for weight in weights if isinstance(weight, Rows)]
    if len(rows) == len(weights):
        scales = np.concatenate([weight.scale for weight in rows])
        return Rows(np.concatenate([weight.values for weight in rows]), scales)
    return np.concatenate([whole(weight) for weight in weights])


def constant(array: Floats) -> Constant:
    """Shares the memory of the array and keeps it alive."""
    return Constant(np.require(array, requirements=["C", "A"]), shared_memory=True)


def _by_rows(weight: Floats | Rows) -> Matrix:
    rows = weight if isinstance(weight, Rows) else quantise(weight)
    values = Constant(np.ascontiguousarray(rows.values), shared_memory=True)
    scale = constant(rows.scale[:, None])
    return lambda: ops.multiply(ops.convert(values, "f32"), scale)


def _eight_bits(groups: Floats) -> tuple[Constant, Floats]:
    rows = quantise(groups.reshape(-1, GROUP))
    values = Constant(rows.values.reshape(groups.shape), shared_memory=True)
    return values, rows.scale.reshape(*groups.shape[:2], 1)


def _four_bits(groups: Floats) -> tuple[Constant, Floats]:
    """In each group the weight furthest from zero becomes -8, so that all sixteen values are used."""
    furthest = np.take_along_axis(groups, np.abs(groups).argmax(axis=2)[..., None], axis=2)
    scale = np.where(furthest == 0, 1, furthest / np.float32(LOWEST)).astype(np.float32)
    rounded = np.clip(np.rint(groups / scale), LOWEST, -LOWEST - 1).astype(np.int8)
    halves: npt.NDArray[np.uint8] = rounded.reshape(-1, 2).view(np.uint8) & 15
    packed = halves[:, 0] | halves[:, 1] << 4
    return Constant(Tensor(packed, Shape(groups.shape), Type.i4), shared_memory=False), scale
