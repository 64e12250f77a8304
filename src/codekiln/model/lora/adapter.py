"""An adapter on disk, as the package `peft` writes and loads it, and merged into the weights of its base.

`adapter_config.json` says what it changes, `adapter_model.safetensors` holds the tensors. Beside them lies
`base.json`, which is ours: what the base is called, and a hash of its weights. An adapter that came from
elsewhere has none, and is taken by the shapes of its tensors alone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import numpy as safetensors

from codekiln.artifact import Artifact, read_sealed, write_atomically, write_sealed
from codekiln.errors import ArtifactError, ModelError
from codekiln.model.arrays import Floats, Rows, stored_arrays, whole
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import damaged
from codekiln.model.lora.shape import TARGETS, TUNED_ROWS, LoraShape, matrices, tables

CONFIG, TENSORS, BASE = "adapter_config.json", "adapter_model.safetensors", "base.json"
PREFIX = "base_model.model."
# Entries of PEFT's configuration that change what is computed, and the one value we compute with.
PLAIN = {"use_dora": False, "use_rslora": False, "bias": "none", "fan_in_fan_out": False}
EMPTY = (
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "layers_to_transform",
    "layer_replication",
    "target_parameters",
    "alora_invocation_tokens",
    "lora_bias",
    "use_bdlora",
    "use_qalora",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
)
# How an adapter may have begun; of all other ways PEFT takes what it began with from the base's weights.
LEAVE_THE_BASE = (True, False, None, "gaussian", "orthogonal", "eva", "mica")


@dataclass(frozen=True)
class Adapter:
    """Its shape, and its arrays by the names of `LoraShape.shapes`."""

    shape: LoraShape
    arrays: Mapping[str, Floats]


def write_adapter(folder: Path, adapter: Adapter, base: Artifact, config: ModelConfig) -> None:
    """Write the three files for an adapter of `base`, which has this shape."""
    arrays = {PREFIX + name: np.ascontiguousarray(a) for name, a in adapter.arrays.items()}
    write_atomically(folder / TENSORS, safetensors.save(arrays, metadata={"format": "pt"}))
    entries = _entries(adapter.shape, str(base.manifest["name"]), config)
    write_atomically(folder / CONFIG, json.dumps(entries, indent=1).encode())
    write_sealed(folder / BASE, identity(base))


def identity(base: Artifact) -> dict[str, str]:
    """By what an adapter knows its base again: its name, and a hash of its weights wherever they lie."""
    files = base.manifest["files"]
    hashes = [
        entry["sha256"] for name, entry in sorted(files.items()) if _holds_weights(Path(name))
    ]
    return {"name": str(base.manifest["name"]), "weights": " ".join(hashes)}


def read_adapter(folder: Path, base: Artifact, config: ModelConfig) -> Adapter:
    """The adapter in a folder, for a base of this shape.

    Raises:
        ModelError: it is missing or damaged, made for another base, or computes what we do not.
    """
    try:
        wanted = read_sealed(folder / BASE)
    except FileNotFoundError:
        wanted = None
    except ArtifactError as error:
        raise ModelError(f"{folder / BASE} is damaged: tune or fetch the adapter again.") from error
    found = identity(base)
    if wanted is not None and wanted["weights"] != found["weights"]:
        raise ModelError(
            f"The adapter {folder} was tuned on {wanted['name']}, and {base.path} has other weights: give "
            "the model that it was tuned on."
        )
    shape = _read_shape(folder / CONFIG)
    arrays = {name.removeprefix(PREFIX): array for name, array in stored_arrays(folder / TENSORS)}
    expected = shape.shapes(config)
    misfit = next(
        (
            name
            for name in sorted({*arrays, *expected})
            if name not in arrays or expected.get(name) != arrays[name].shape
        ),
        None,
    )
    if misfit is None and not all(0 <= token < config.vocabulary for token in shape.tokens):
        misfit = "it has tokens that the model has not"
    if misfit is not None:
        raise ModelError(
            f"The adapter {folder} does not fit {base.path} ({misfit}): give the model that it was "
            "tuned on."
        )
    return Adapter(shape, arrays)


def merged(
    weights: Mapping[str, Floats | Rows], adapter: Adapter, config: ModelConfig
) -> dict[str, Floats | Rows]:
    """The weights of a base with the adapter's changes in them; what it leaves alone is not copied."""
    changed = dict(weights)
    for module in matrices(config):
        if f"{module}.lora_A.weight" in adapter.arrays:
            first, second = (adapter.arrays[f"{module}.lora_{part}.weight"] for part in "AB")
            change = np.float32(adapter.shape.scale) * (second @ first)
            changed[f"{module}.weight"] = whole(weights[f"{module}.weight"]) + change
    for table in tables(config) if adapter.shape.tokens else ():
        rows = whole(weights[f"{table}.weight"]).copy()
        rows[list(adapter.shape.tokens)] = adapter.arrays[f"{table}.{TUNED_ROWS}"]
        changed[f"{table}.weight"] = rows
    return changed


def _holds_weights(path: Path) -> bool:
    return path.suffix in (".safetensors", ".gguf")


def _entries(shape: LoraShape, base: str, config: ModelConfig) -> dict[str, Any]:
    """PEFT's configuration; what it leaves out are that package's defaults."""
    tuned = {table.rpartition(".")[2]: list(shape.tokens) for table in tables(config)}
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": shape.rank,
        "lora_alpha": shape.alpha,
        "lora_dropout": 0.0,
        "target_modules": list(shape.targets),
        "trainable_token_indices": tuned if shape.tokens else None,
        "inference_mode": True,
        **PLAIN,
    }


def _read_shape(path: Path) -> LoraShape:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        refused = next(_not_computed(entries), None)
        if refused is None:
            tokens = entries.get("trainable_token_indices") or {}
            shape = LoraShape(
                rank=int(entries["r"]),
                alpha=float(entries["lora_alpha"]),
                targets=tuple(one for one in TARGETS if one in entries["target_modules"]),
                tokens=tuple(map(int, next(iter(tokens.values()), ()))),
            )
            shape.check()
            return shape
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{path.parent} is no adapter (no {CONFIG}): give its folder.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, repr(error)) from None
    raise ModelError(
        f"{path} asks for {refused}, which codekiln does not compute: merge it with peft, or run it there."
    )


def _not_computed(entries: Mapping[str, Any]) -> Iterator[str]:
    """What would make it another model than PEFT's."""
    if entries["peft_type"] != "LORA":
        yield f"an adapter of type {entries['peft_type']}"
    if isinstance(entries["target_modules"], str):
        yield f"layers by the pattern '{entries['target_modules']}'"
    unknown = sorted(set(entries["target_modules"]) - set(TARGETS))
    if unknown:
        yield f"changes of {', '.join(unknown)}"
    for name, plain in PLAIN.items():
        if entries.get(name, plain) != plain:
            yield f"{name} = {entries[name]}"
    yield from (f"'{name}'" for name in EMPTY if entries.get(name))
    if entries.get("init_lora_weights") not in LEAVE_THE_BASE:
        yield f"a base without what it began with (init_lora_weights = {entries['init_lora_weights']})"
    tokens = entries.get("trainable_token_indices") or {}
    if isinstance(tokens, list):
        yield "tokens of an unnamed table"
    elif any(ids != next(iter(tokens.values())) for ids in tokens.values()):
        yield "other tokens for each table"
