"""`config.json` as Hugging Face's transformers writes and reads it, for the families that we compute.

The families are one transformer with other options; whatever else a configuration asks for is
refused here, because it would be left out silently.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.errors import ModelError
from codekiln.model.config import ModelConfig, RopeScaling

FILE_NAME = "config.json"
TOKENIZER_KEY = "tokenizer_sha256"  # an entry of ours, which binds a model to its tokenizer


@dataclass(frozen=True)
class Family:
    """What one family's layers have, and what its configuration must say that they have not."""

    architecture: str
    qk_norm: bool
    attention_bias: bool
    absent: tuple[str, ...]


FAMILIES: Mapping[str, Family] = {
    "llama": Family("LlamaForCausalLM", False, False, ("attention_bias", "mlp_bias")),
    "qwen2": Family("Qwen2ForCausalLM", False, True, ("use_sliding_window",)),
    "qwen3": Family("Qwen3ForCausalLM", True, False, ("attention_bias", "use_sliding_window")),
}


def family_of(config: ModelConfig) -> str:
    """The name of the family (`model_type`) whose layers these are."""
    wanted = (config.qk_norm, config.attention_bias)
    return next(
        name
        for name, family in FAMILIES.items()
        if (family.qk_norm, family.attention_bias) == wanted
    )


def to_hugging_face(config: ModelConfig, end: int) -> dict[str, Any]:
    """The `config.json` with which transformers and vLLM load our weights; `end` is the end token."""
    name = family_of(config)
    family = FAMILIES[name]
    entries = {
        "architectures": [family.architecture],
        "model_type": name,
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.context,
        "num_hidden_layers": config.layers,
        "hidden_size": config.width,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.key_value_heads,
        "intermediate_size": config.hidden,
        "head_dim": config.head_width,
        "rope_theta": config.rope_base,
        "rms_norm_eps": config.norm_epsilon,
        "hidden_act": "silu",
        "attention_dropout": 0.0,
        "tie_word_embeddings": config.tied,
        **dict.fromkeys(family.absent, False),
        "is_causal": config.causal,
        "bos_token_id": end,
        "eos_token_id": end,
        "torch_dtype": "float32",
    }
    if config.rope_scaling:
        entries["rope_scaling"] = {
            "rope_type": "llama3",
            "factor": config.rope_scaling.factor,
            "low_freq_factor": config.rope_scaling.low,
            "high_freq_factor": config.rope_scaling.high,
            "original_max_position_embeddings": config.rope_scaling.original_context,
        }
    return entries


def read_entries(folder: Path) -> dict[str, Any]:
    """The object in a folder's `config.json`.

    Raises:
        ModelError: it is missing or no JSON object.
    """
    path = folder / FILE_NAME
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{folder} is no model (no {FILE_NAME}): give its folder.") from None
    except ValueError as error:
        raise damaged(path, error) from None
    if not isinstance(entries, dict):
        raise damaged(path, "no JSON object")
    return entries


def read_config(folder: Path) -> ModelConfig:
    """The shape of the model in a folder, from its `config.json`.

    Raises:
        ModelError: it is missing or damaged, or asks for something that we do not compute.
    """
    entries = read_entries(folder)
    path = folder / FILE_NAME
    try:
        refused = next(_not_computed(entries), None)
        if refused is None:
            config = _config(entries)
            config.check()
            return config
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, repr(error)) from None
    raise ModelError(f"{path} asks for {refused}: take another model.")


def read_bound_config(folder: Path, tokenizer_sha256: str, *, causal: bool = True) -> ModelConfig:
    """The shape of the model in a folder, which is to belong to a tokenizer; without `causal` an encoder.

    Raises:
        ModelError: as `read_config`, and if it was trained with another tokenizer, or is an encoder
            where a causal model is wanted, or the other way about.
    """
    config = read_config(folder)
    if read_entries(folder).get(TOKENIZER_KEY) != tokenizer_sha256:
        raise ModelError(f"The model in {folder} was trained with another tokenizer: use its own.")
    if config.causal != causal:
        kinds = ("an encoder", "a causal model")
        found, wanted = kinds[config.causal], kinds[causal]
        raise ModelError(f"The model in {folder} is {found}, and {wanted} is needed: give another.")
    return config


def damaged(path: Path, what: object) -> ModelError:
    """What is said of a file that cannot be what was written."""
    return ModelError(f"{path} is damaged ({what}): train or fetch the model again.")


def _config(entries: Mapping[str, Any]) -> ModelConfig:
    rope, family = _rope(entries), FAMILIES[entries["model_type"]]
    width, heads = entries["hidden_size"], entries["num_attention_heads"]
    return ModelConfig(
        vocabulary=entries["vocab_size"],
        context=entries["max_position_embeddings"],
        layers=entries["num_hidden_layers"],
        width=width,
        heads=heads,
        key_value_heads=_or(entries.get("num_key_value_heads"), heads),
        hidden=entries["intermediate_size"],
        head_width=entries.get("head_dim") or _share(width, heads),
        rope_base=_or(rope.get("rope_theta"), 10_000.0),
        rope_scaling=_scaling(rope),
        norm_epsilon=_or(entries.get("rms_norm_eps"), 1e-6),
        qk_norm=family.qk_norm,
        attention_bias=family.attention_bias,
        tied=entries.get("tie_word_embeddings", False),
        causal=entries.get("is_causal", True),
    )


def _or(value: Any, otherwise: Any) -> Any:
    """`value`, or the family's default where it is left out."""
    return otherwise if value is None else value


def _share(width: int, heads: int) -> int:
    if width % heads:
        raise ValueError(f"a width of {width} on {heads} heads")
    return width // heads


def _rope(entries: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of rotary positions, in the words of transformers 5 or of those before it."""
    old = {"rope_theta": entries.get("rope_theta"), **(entries.get("rope_scaling") or {})}
    return {**old, **(entries.get("rope_parameters") or {})}


def _kind_of_rope(rope: Mapping[str, Any]) -> str:
    return str(rope.get("rope_type") or rope.get("type") or "default")


def _scaling(rope: Mapping[str, Any]) -> RopeScaling | None:
    if _kind_of_rope(rope) == "default":
        return None
    return RopeScaling(
        factor=float(rope["factor"]),
        low=float(rope["low_freq_factor"]),
        high=float(rope["high_freq_factor"]),
        original_context=int(rope["original_max_position_embeddings"]),
    )


def _not_computed(entries: Mapping[str, Any]) -> Iterator[str]:
    """What would make our logits others than the model's own."""
    kind = entries["model_type"]
    if kind not in FAMILIES:
        yield f"a model of type '{kind}', and codekiln computes {', '.join(FAMILIES)}"
    if entries.get("quantization_config"):
        yield "quantised weights, and codekiln reads those of GGUF alone"
    if entries.get("hidden_act", "silu") != "silu":
        yield f"the activation '{entries['hidden_act']}', and codekiln computes 'silu'"
    for name in ("attention_bias", "mlp_bias"):
        if entries.get(name):
            yield f"'{name}', which codekiln does not compute"
    layers = set(entries.get("layer_types") or []) - {"full_attention"}
    if entries.get("use_sliding_window") or layers:
        yield "attention in a sliding window, and codekiln computes full attention"
    rope = _rope(entries)
    if _kind_of_rope(rope) not in ("default", "llama3"):
        yield f"rotary positions of type '{_kind_of_rope(rope)}', and codekiln computes Llama's"
    if any((table.get("partial_rotary_factor") or 1) != 1 for table in (entries, rope)):
        yield "rotary positions in a part of each head, and codekiln turns all of it"
