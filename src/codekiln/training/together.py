"""An artifact that all processes of a run build together."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from codekiln import artifact
from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.training.world import here


def produce(
    stage: Stage, config: Any, inputs: Mapping[str, Artifact], work: Path, name: str
) -> Artifact:
    """As `artifact.produce`, which the first process calls: it holds the lock and writes the manifest.

    The others take part in building, if the artifact is not there yet.
    """
    world = here()

    def build(config: Any, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
        world.told(out)
        return stage.build(config, inputs, out)

    if world.first:
        return world.told(artifact.produce(replace(stage, build=build), config, inputs, work, name))
    told: Path | Artifact = Path()
    while not isinstance(told := world.told(told), Artifact):
        stage.build(config, inputs, told)
    return told
