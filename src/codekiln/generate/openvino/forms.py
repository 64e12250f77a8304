"""How the weights of a graph lie in memory: fp32, 8 bits by rows, or 4 bits by groups.

Matrices stay as small as that: the graph says how one is restored, and the plugin multiplies with what
is stored. A matrix in 8 bits takes the bytes of our own safetensors as they are.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from codekiln.generate.openvino.runtime import Constant, Node, Shape, Tensor, Type, ops
from codekiln.model.arrays import Floats, Rows, quantise

Kind = Literal["f32", "int8", "int4"]
GROUP = 64  # weights that share a scale in 4 bits: half as many are more exact and half as fast
LOWEST = -8  # of 4 bits

Matrix = Callable[[], Node]


def matrix(weight: Floats | Rows, kind: Kind) -> Matrix:
    """A maker of nodes that are this matrix `[out, in]`; every use needs a node of its own.

    Rows that are no whole number of groups have 8 bits instead of 4.
    """
    if kind == "f32":
        whole = constant(_whole(weight))
        return lambda: whole
    if kind == "int4" and weight.shape[1] % GROUP == 0:
        return _in_groups(_whole(weight))
    return _in_rows(weight if isinstance(weight, Rows) else quantise(weight))


def joined(weights: Sequence[Floats | Rows]) -> Floats | Rows:
    """Matrices `[out, in]` one under the other."""
    if len(weights) == 1:
        return weights[0]
    rows = [weight for weight in weights if isinstance(weight, Rows)]
    if len(rows) == len(weights):
        scales = np.concatenate([weight.scale for weight in rows])
        return Rows(np.concatenate([weight.values for weight in rows]), scales)
    return np.concatenate([_whole(weight) for weight in weights])


def _whole(weight: Floats | Rows) -> Floats:
    return weight.whole() if isinstance(weight, Rows) else weight


def constant(array: Floats) -> Constant:
    """Shares the memory of the array and keeps it alive."""
    return Constant(np.require(array, requirements=["C", "A"]), shared_memory=True)


def _in_rows(rows: Rows) -> Matrix:
    values = Constant(np.ascontiguousarray(rows.values), shared_memory=True)
    scale = constant(rows.scale[:, None])
    return lambda: ops.multiply(ops.convert(values, "f32"), scale)


def _in_groups(whole: Floats) -> Matrix:
    """In each group the weight furthest from zero becomes -8, so that all sixteen values are used."""
    groups = whole.reshape(len(whole), -1, GROUP)
    furthest = np.take_along_axis(groups, np.abs(groups).argmax(axis=2)[..., None], axis=2)
    scale = np.where(furthest == 0, 1, furthest / np.float32(LOWEST)).astype(np.float32)
    rounded = np.clip(np.rint(groups / scale), LOWEST, -LOWEST - 1).astype(np.int8)
    halves = rounded.reshape(-1, 2).view(np.uint8) & 15
    packed = halves[:, 0] | halves[:, 1] << 4
    values = Constant(Tensor(packed, Shape(groups.shape), Type.i4), shared_memory=False)
    scales = constant(scale)
    shape = Constant(Type.i64, Shape([2]), list(whole.shape))
    return lambda: ops.reshape(ops.multiply(ops.convert(values, "f32"), scales), shape, False)
