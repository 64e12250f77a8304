"""The adaptations of a folder in a work folder, to go on from, or to use what the last one kept."""

from pathlib import Path

from codekiln.artifact import Artifact, open_artifact


def adaptations(folder: Path, work: Path) -> list[Artifact]:
    """Those of a folder, the last one last.

    Raises:
        ArtifactError: one of them is damaged.
    """
    root = str(folder.resolve())
    made = [
        artifact
        for path in sorted((work / "adaptation").glob("*"))
        if path.suffix != ".partial" and path.is_dir()
        for artifact in [open_artifact(path, "adaptation")]
        if artifact.statistics["folder"] == root
    ]
    return sorted(made, key=lambda artifact: float(artifact.statistics["time"]))


def kept_model(folder: Path, work: Path) -> Path | None:
    """The model that the last adaptation kept; None where there was none, or it is gone.

    Raises:
        ArtifactError: as `adaptations`.
    """
    made = adaptations(folder, work)
    model = Path(made[-1].statistics["model"]) if made else None
    return model if model and model.is_dir() else None
