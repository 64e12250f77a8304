"""The adaptations of a folder in a work folder, to go on from, or to use what the last one kept."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from codekiln.artifact import Artifact, open_artifact
from codekiln.errors import ArtifactError


def adaptations(folder: Path, work: Path) -> list[Artifact]:
    """Those of a folder, the last one last; what is damaged, or of another version, is passed over."""
    root = str(folder.resolve())
    made = [one for one in _readable(work) if one.statistics["folder"] == root]
    return sorted(made, key=lambda artifact: float(artifact.statistics["time"]))


def kept_model(folder: Path, work: Path) -> Path | None:
    """The model that the last adaptation kept; None where there was none.

    Raises:
        ArtifactError: it is not there any more.
    """
    made = adaptations(folder, work)
    if not made:
        return None
    model = Path(made[-1].statistics["model"])
    if not model.is_dir():
        raise ArtifactError(
            f"{model}, which 'codekiln adapt' kept for {folder}, is gone: adapt it anew, or name a --model."
        )
    return model


def _readable(work: Path) -> Iterator[Artifact]:
    for path in sorted((work / "adaptation").glob("*")):
        if path.suffix != ".partial" and path.is_dir():
            with suppress(ArtifactError):
                yield open_artifact(path, "adaptation")
