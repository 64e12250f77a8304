"""The transformer of `model.transformer` as an OpenVINO graph, for causal models.

All rows' new tokens stand behind each other: T is their number. C width, D head width, H heads,
K heads of keys and values, V vocabulary.
"""

from collections.abc import Mapping

import numpy as np

from codekiln.generate.openvino.forms import Kind, constant, joined, matrix, table
from codekiln.generate.openvino.runtime import (
    Constant,
    Model,
    Node,
    Output,
    Parameter,
    PartialShape,
    Shape,
    Type,
    ops,
    paged_attention,
)
from codekiln.model.arrays import Floats, Rows
from codekiln.model.config import ModelConfig

EMBEDDING = "model.embed_tokens.weight"
OUTPUT = "lm_head.weight"


def build_graph(
    config: ModelConfig, weights: Mapping[str, Floats | Rows], kind: Kind, *, half_attention: bool
) -> Model:
    """From ids `[T]` to the logits `[wanted, V]` of the places in `wanted`.

    The other inputs are `cosine` and `sine` `[T, 1, 1, D]`, those of `paged_attention`, and each layer's
    pages, whose types the compiled graph tells. At 4 bits the tables of tokens, which suffer most,
    have 8. With `half_attention` queries, keys and values are rounded to bf16.
    """
    return _Graph(config, weights, kind, half_attention).model()


class _Graph:
    """Builds one graph; the methods are the modules of `model.transformer`."""

    def __init__(
        self,
        config: ModelConfig,
        weights: Mapping[str, Floats | Rows],
        kind: Kind,
        half_attention: bool,
    ) -> None:
        self._config, self._weights, self._kind = config, weights, kind
        self._half = half_attention
        self._inputs: list[Parameter] = []
        self._minus_one = constant(np.full(1, -1, np.float32))

    def model(self) -> Model:
        config = self._config
        table_kind: Kind = "f32" if self._kind == "f32" else "int8"
        embedding = table(self._weights[EMBEDDING], table_kind)
        x = ops.gather(embedding, self._input("ids", Type.i32, [-1]), _integer(0))
        angles = [-1, 1, 1, config.head_width]
        self._cosine = self._input("cosine", Type.f32, angles)
        self._sine = self._input("sine", Type.f32, angles)
        self._places = (
            self._input("past_lens", Type.i32, [-1]),
            self._input("subsequence_begins", Type.i32, [-1]),
            self._input("block_indices", Type.i32, [-1]),
            self._input("block_indices_begins", Type.i32, [-1]),
        )
        self._longest = self._input("max_context_len", Type.i32, [])
        for layer in range(config.layers):
            x = self._block(x, layer)
        wanted = self._input("wanted", Type.i32, [-1])
        x = self._norm(ops.gather(x, wanted, _integer(0)), "model.norm")
        output = matrix(self._weights[EMBEDDING if config.tied else OUTPUT], table_kind)
        logits = ops.matmul(x, output(), False, True)
        return Model([ops.result(logits)], [], self._inputs, "transformer")

    def _block(self, x: Node, layer: int) -> Node:
        name = f"model.layers.{layer}"
        x = ops.add(x, self._attention(self._norm(x, f"{name}.input_layernorm"), layer))
        return ops.add(
            x, self._feed_forward(self._norm(x, f"{name}.post_attention_layernorm"), layer)
        )

    def _attention(self, x: Node, layer: int) -> Node:
        config, name = self._config, f"model.layers.{layer}.self_attn"
        together = self._linear(x, *(f"{name}.{kind}_proj" for kind in "qkv"))
        widths = [n * config.head_width for n in (config.heads, *2 * (config.key_value_heads,))]
        query, key, value = ops.variadic_split(together, _integer(1), _integers(*widths)).outputs()
        query = self._turned(query, f"{name}.q_norm", config.heads)
        key = self._turned(key, f"{name}.k_norm", config.key_value_heads)
        if self._half:
            query, key, value = (ops.convert(part, "bf16") for part in (query, key, value))
        pages = [
            self._input(f"{kind}_cache.{layer}", Type.dynamic, [-1, -1, -1, -1])
            for kind in ("key", "value")
        ]
        seen: Node | Output = paged_attention(
            (query, key, value),
            (pages[0], pages[1]),
            self._places,
            self._longest,
            config.key_value_heads,
            config.head_width,
        )
        if self._half:
            seen = ops.convert(seen, "f32")
        return self._linear(seen, f"{name}.o_proj")

    def _turned(self, x: Node, norm: str, heads: int) -> Node:
        """Normalise each head where the family does, and turn its pairs by the position's angle."""
        width = self._config.head_width
        x = ops.reshape(x, _integers(-1, heads, 1, width), False)
        if self._config.qk_norm:
            x = self._norm(x, norm)
        # Written as the plugin knows it, which then has one operation for all of it.
        first, second = ops.variadic_split(x, _integer(3), _integers(width // 2, -1)).outputs()
        across = ops.concat([ops.multiply(second, self._minus_one), first], -1)
        x = ops.add(ops.multiply(x, self._cosine), ops.multiply(across, self._sine))
        return ops.reshape(x, _integers(-1, heads * width), False)

    def _feed_forward(self, x: Node, layer: int) -> Node:
        name = f"model.layers.{layer}.mlp"
        gate, up = (self._linear(x, f"{name}.{kind}_proj") for kind in ("gate", "up"))
        return self._linear(ops.multiply(ops.swish(gate), up), f"{name}.down_proj")

    def _linear(self, x: Node | Output, *names: str) -> Node:
        """One or more layers on the same input, as one product, which costs less; `[T, all outputs]`."""
        weight = matrix(joined([self._weights[f"{name}.weight"] for name in names]), self._kind)
        y = ops.matmul(x, weight(), False, True)
        biases = [self._vector(f"{name}.bias") for name in names if f"{name}.bias" in self._weights]
        return ops.add(y, constant(np.concatenate(biases))) if biases else y

    def _norm(self, x: Node, name: str) -> Node:
        """x / rms(x) · weight over the last dimension."""
        square = ops.power(x, constant(np.full(1, 2, np.float32)))
        mean = ops.reduce_mean(square, _integers(-1), True)
        epsilon = constant(np.full(1, self._config.norm_epsilon, np.float32))
        one = constant(np.ones(1, np.float32))
        inverse = ops.divide(one, ops.sqrt(ops.add(mean, epsilon)))
        return ops.multiply(ops.multiply(x, inverse), constant(self._vector(f"{name}.weight")))

    def _vector(self, name: str) -> Floats:
        weight = self._weights[name]
        assert not isinstance(weight, Rows)
        return weight

    def _input(self, name: str, kind: Type, shape: list[int]) -> Parameter:
        parameter = Parameter(kind, PartialShape(shape))
        parameter.output(0).tensor.names = {name}
        self._inputs.append(parameter)
        return parameter


def _integer(value: int) -> Constant:
    return Constant(Type.i64, Shape([]), [value])


def _integers(*values: int) -> Constant:
    return Constant(Type.i64, Shape([len(values)]), list(values))
