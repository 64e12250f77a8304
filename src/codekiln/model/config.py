"""The shape of a transformer: from one dial, or with the options that other families need."""

from dataclasses import dataclass, fields

HEAD_WIDTH = 64


@dataclass(frozen=True)
class RopeScaling:
    """How Llama 3 stretches the positions it was first trained with to a longer context.

    A pair that turns less than `low` times within `original_context` tokens turns `factor` times
    slower, one that turns more than `high` times as before, and between the two it is interpolated.
    """

    factor: float
    low: float
    high: float
    original_context: int


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the shape of the weights, and the longest sequence."""

    vocabulary: int
    context: int
    layers: int
    width: int
    heads: int
    key_value_heads: int
    hidden: int
    head_width: int = HEAD_WIDTH
    rope_base: float = 10_000.0
    rope_scaling: RopeScaling | None = None
    norm_epsilon: float = 1e-6
    qk_norm: bool = True  # queries and keys are normalised, as in Qwen3
    attention_bias: bool = False  # queries, keys and values have a bias, as in Qwen2
    tied: bool = True  # the embedding is also the output layer
    causal: bool = True  # or else every token sees every other, as in BERT

    @classmethod
    def from_depth(cls, depth: int, vocabulary: int, context: int) -> "ModelConfig":
        """The one dial: `depth` layers of width 64·depth, heads of 64; keys and values
        have the largest number of heads that divides it and is at most half.

        The feed-forward layer is 8/3 as wide, so that its three matrices cost what the usual two of
        4 would (Shazeer 2020, §3).
        """
        hidden = -(-depth * HEAD_WIDTH * 8 // 3 // HEAD_WIDTH) * HEAD_WIDTH
        return cls(
            vocabulary=vocabulary,
            context=context,
            layers=depth,
            width=depth * HEAD_WIDTH,
            heads=depth,
            key_value_heads=max([n for n in range(1, depth // 2 + 1) if depth % n == 0], default=1),
            hidden=hidden,
        )

    def parameters(self) -> int:
        """Number of weights, a tied embedding counted once."""
        query, key = self.heads * self.head_width, self.key_value_heads * self.head_width
        attention = 2 * self.width * (query + key)
        norms = 2 * self.width + 2 * self.head_width * self.qk_norm
        biases = (query + 2 * key) * self.attention_bias
        layer = attention + 3 * self.width * self.hidden + norms + biases
        tables = self.vocabulary * self.width * (1 if self.tied else 2)
        return tables + self.layers * layer + self.width

    def check(self) -> None:
        """Raises ValueError: a size is no positive number, or the heads do not share evenly."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is bool:
                fits = type(value) is bool
            else:
                fits = field.type not in (int, float) or _is_size(value, field.type is float)
            if not fits:
                raise ValueError(f"{field.name} is {value!r}")
        scaling = self.rope_scaling
        if scaling and not (scaling.factor >= 1 and 0 < scaling.low < scaling.high):
            raise ValueError(f"rope_scaling is {scaling}")
        if self.heads % self.key_value_heads:
            raise ValueError(f"{self.heads} heads on {self.key_value_heads} keys and values")
        if self.head_width % 2:
            raise ValueError(f"heads of odd width {self.head_width}")


def _is_size(value: object, fraction: bool) -> bool:
    """Whether it is a positive number, with a `fraction` perhaps."""
    return (type(value) is int or (fraction and type(value) is float)) and value > 0
