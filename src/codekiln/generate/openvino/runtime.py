"""The one module that imports OpenVINO, and what we tell it of this machine."""

import sys
from typing import Any

import numpy.typing as npt

# OpenVINO would look up an analytics host in a child process when it is imported.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

from openvino import (  # type: ignore[import-untyped]  # noqa: E402
    CompiledModel,
    Core,
    InferRequest,
    Model,
    Node,
    Output,
    PartialShape,
    Shape,
    Tensor,
    Type,
)
from openvino import opset13 as ops  # noqa: E402
from openvino.op import (  # type: ignore[import-untyped]  # noqa: E402
    Constant,
    Parameter,
    _PagedAttentionExtension,
)

__all__ = [
    "CompiledModel",
    "Constant",
    "InferRequest",
    "Model",
    "Node",
    "Output",
    "Parameter",
    "PartialShape",
    "Shape",
    "Tensor",
    "Type",
    "compile_model",
    "has_bf16",
    "ops",
    "paged_attention",
    "tensor",
]

DYNAMIC_GROUP = 32  # inputs of a product that share a scale where they are quantised on the way


def has_bf16() -> bool:
    """Whether the processor multiplies in bf16, so that attention is faster in it."""
    return "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def compile_model(model: Model, *, quantised: bool, half_cache: bool) -> CompiledModel:
    """Make a graph ready to run on the processor's cores.

    Products with `quantised` weights quantise what they multiply to 8 bits, token by token, which takes
    integer instructions; all else is in fp32. Keys and values are kept in bf16 with `half_cache`, else in
    fp32: never in 8 bits, where what a token leaves behind depends on its neighbours in the page.
    """
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": DYNAMIC_GROUP if quantised else 0,
        "KV_CACHE_PRECISION": "bf16" if half_cache else "f32",
    }
    return Core().compile_model(model, "CPU", options)


def tensor(array: npt.NDArray[Any], kind: Type | None = None) -> Tensor:
    """Shares the memory of `array`, which must outlive it; its bits are of another type with `kind`."""
    if kind is None:
        return Tensor(array, shared_memory=True)
    return Tensor(array, Shape(array.shape), kind)


def paged_attention(
    qkv: tuple[Node | Output, Node | Output, Node | Output],
    pages: tuple[Node, Node],
    places: tuple[Node, Node, Node, Node],
    longest: Node,
    heads: int,
    head_width: int,
) -> Output:
    """Causal attention of `[tokens, heads · head_width]` over keys and values in pages (Kwon et al. 2023).

    It also writes the new keys and values into `pages`, keys and values `[pages, heads, 32, head_width]`
    with `heads` those of the keys. `places` are the tokens in each row before, where each row begins
    among the new ones, the pages of all rows, and where each row begins among those; `longest` is the
    longest row with its new tokens.
    """
    scale = _scalar(Type.f32, head_width**-0.5)
    none_i32 = Constant(Type.i32, Shape([0]), [])
    none_f32 = Constant(Type.f32, Shape([0]), [])
    zero = _scalar(Type.i32, 0)
    operator = _PagedAttentionExtension(
        [
            node if isinstance(node, Output) else node.output(0)
            for node in (
                *qkv,
                *pages,
                *places,
                scale,
                zero,  # no sliding window
                none_f32,  # no slopes of ALiBi
                longest,
                none_i32,  # scores are not wanted,
                *(none_i32, none_i32, none_f32),  # nor is the cache rotated,
                *(none_f32, zero, zero),  # attention sparse,
                Constant(Type.f32, Shape([0, 0, 0, 0]), []),  # drawn to sinks,
                *(zero, none_i32, none_i32),  # anything evicted,
                none_i32,  # a token of another type
                *(none_i32, Constant(Type.u8, Shape([0]), []), none_i32),  # or in a tree
            )
        ]
    )
    for kind in ("k", "v"):
        operator.get_rt_info()[f"num_{kind}_heads"] = heads
        operator.get_rt_info()[f"{kind}_head_size"] = head_width
    return operator.output(0)


def _scalar(kind: Type, value: float) -> Constant:
    return Constant(kind, Shape([]), [value])
