"""A model with an adapter merged into it: an artifact like any other model, for whatever takes one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, produce, write_atomically
from codekiln.pipeline.compress import KEPT


def merge(base: Artifact, adapter: Artifact, work: Path, name: str) -> Artifact:
    """The merged model in the work folder, in fp32.

    Raises:
        ArtifactError, ModelError: base or adapter is damaged, or they do not belong together.
        DiskError: the disk is full, read-only or failing.
    """
    return produce(STAGE, {"merged": True}, {"base": base, "adapter": adapter}, work, name)


def _build(_config: Any, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    from codekiln.model.arrays import read_arrays
    from codekiln.model.hugging_face import read_config
    from codekiln.model.lora import merged, read_adapter
    from codekiln.model.weights import write_arrays

    base, adapter = inputs["base"], inputs["adapter"]
    config = read_config(base.path)
    found = read_adapter(adapter.path, base, config)
    write_arrays(out, merged(read_arrays(base.path, config), found, config))
    for name in KEPT:
        if (base.path / name).exists():
            write_atomically(out / name, (base.path / name).read_bytes())
    return {**adapter.statistics, "parameters": config.parameters()}


STAGE = Stage("model", 1, _build)
