"""What a finished artifact holds, read back and checked. Nothing is printed here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, open_artifact
from codekiln.errors import ArtifactError

SAMPLES = 3  # rejections shown for each reason


@dataclass(frozen=True)
class Inspection:
    """The manifest of an artifact whose files are what was written."""

    path: str
    stage: str
    name: str
    fingerprint: str
    inputs: Mapping[str, str]
    sources: Mapping[str, str]
    config: Mapping[str, Any]
    files: Mapping[str, int]
    statistics: Mapping[str, Any]
    environment: Mapping[str, str]
    rejections: Mapping[str, list[Mapping[str, Any]]]

    def plain(self) -> dict[str, Any]:
        """As JSON; what the artifact has none of (inputs, sources, rejections) is left out."""
        optional = ("inputs", "sources", "rejections")
        return {key: value for key, value in asdict(self).items() if value or key not in optional}


def inspect_artifact(path: Path) -> Inspection:
    """Open an artifact, compare every file with the manifest, and tell what is in it.

    Raises:
        ArtifactError: it is missing, unfinished or damaged, or of another version.
    """
    artifact = open_artifact(path)
    artifact.verify()
    manifest = artifact.manifest
    try:
        return Inspection(
            path=str(path),
            stage=artifact.stage,
            name=manifest["name"],
            fingerprint=artifact.fingerprint,
            inputs=manifest["inputs"],
            sources=manifest["sources"],
            config=manifest["config"],
            files={name: entry["bytes"] for name, entry in manifest["files"].items()},
            statistics=artifact.statistics,
            environment=manifest["environment"],
            rejections=_rejections(artifact) if artifact.stage == "corpus" else {},
        )
    except KeyError as error:
        raise ArtifactError(
            f"{path} is damaged (its manifest lacks {error}): delete that folder and run the "
            "recipe again."
        ) from None


def _rejections(artifact: Artifact) -> dict[str, list[Mapping[str, Any]]]:
    """The first few files left out for each reason, the reasons in order of name."""
    from codekiln import corpus  # every other artifact can be looked at without its extra

    samples: dict[str, list[Mapping[str, Any]]] = {}
    for rejection in corpus.rejected(artifact):
        found = samples.setdefault(rejection.reason, [])
        if len(found) < SAMPLES:
            found.append(
                {key: value for key, value in asdict(rejection).items() if key != "reason"}
            )
    return dict(sorted(samples.items()))
