"""The shape of a transformer, from one dial, and its form in Hugging Face's `config.json`."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from codekiln.errors import ModelError

HEAD_WIDTH = 64
FILE_NAME = "config.json"


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
    norm_epsilon: float = 1e-6
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
        """Number of weights, the tied embedding counted once."""
        attention = 2 * self.width * self.head_width * (self.heads + self.key_value_heads)
        norms = 2 * self.width + 2 * self.head_width
        layer = attention + 3 * self.width * self.hidden + norms
        return self.vocabulary * self.width + self.layers * layer + self.width

    def to_hugging_face(self, end: int) -> dict[str, Any]:
        """The `config.json` with which transformers loads our weights as Qwen3; `end` is the end token."""
        return {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            "vocab_size": self.vocabulary,
            "max_position_embeddings": self.context,
            "num_hidden_layers": self.layers,
            "hidden_size": self.width,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "intermediate_size": self.hidden,
            "head_dim": self.head_width,
            "rope_theta": self.rope_base,
            "rms_norm_eps": self.norm_epsilon,
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "tie_word_embeddings": True,
            "use_sliding_window": False,
            "is_causal": self.causal,
            "bos_token_id": end,
            "eos_token_id": end,
            "torch_dtype": "float32",
        }

    @classmethod
    def from_folder(cls, folder: Path) -> "ModelConfig":
        """Read `config.json`.

        Raises:
            ModelError: it is missing, unreadable or of another architecture.
        """
        path = folder / FILE_NAME
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            if entries["model_type"] != "qwen3" or not entries["tie_word_embeddings"]:
                raise ModelError(f"{path} is not a tied Qwen3 model: codekiln reads no other yet.")
            config = cls(
                vocabulary=entries["vocab_size"],
                context=entries["max_position_embeddings"],
                layers=entries["num_hidden_layers"],
                width=entries["hidden_size"],
                heads=entries["num_attention_heads"],
                key_value_heads=entries["num_key_value_heads"],
                hidden=entries["intermediate_size"],
                head_width=entries["head_dim"],
                rope_base=entries["rope_theta"],
                norm_epsilon=entries["rms_norm_eps"],
                causal=entries.get("is_causal", True),
            )
            config._check()
            return config
        except FileNotFoundError:
            raise ModelError(f"{folder} is no model (no {FILE_NAME}): give its folder.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} is damaged ({error!r}): train the model again.") from None

    def _check(self) -> None:
        """Raises ValueError: a size is no positive number, or the heads do not share evenly."""
        for field in fields(self):
            value = getattr(self, field.name)
            kinds = (int, float) if field.type is float else (field.type,)
            if type(value) not in kinds or (field.type is not bool and not value > 0):
                raise ValueError(f"{field.name} is {value!r}")
        if self.heads % self.key_value_heads:
            raise ValueError(f"{self.heads} heads on {self.key_value_heads} keys and values")
