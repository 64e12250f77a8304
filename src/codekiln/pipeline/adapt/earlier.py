"""The last adaptation of a folder, on which an update builds."""

from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import Artifact, find_artifact, open_artifact
from codekiln.errors import ArtifactError, UsageError
from codekiln.evaluate.replay.history import History
from codekiln.generate.loading import model_folder
from codekiln.pipeline.adapt.split import comes_after
from codekiln.pipeline.adaptations import adaptations

MINUTES = 3.0  # for an update of what was not tuned
LEARNED = ("corpus", "examples")  # artifacts


@dataclass(frozen=True)
class Earlier:
    """An adaptation, and the corpus and examples that the model which was kept has learned, if any."""

    artifact: Artifact
    corpus: Artifact | None
    examples: Artifact | None

    @classmethod
    def of(cls, folder: Path, history: History, base: Path | None, work: Path) -> "Earlier":
        """The last one of a folder, if what is held out now was not learned by it.

        Raises:
            UsageError: there is none, it was made from another base, or the folder has no history that goes
                on from it.
            ArtifactError: something of it is gone or damaged.
        """
        if history.kind != "commits":
            raise UsageError(
                f"{folder} has no history of commits to learn from: adapt it without --update."
            )
        artifact = _last(folder, work)
        found = artifact.statistics
        if base and open_artifact(model_folder(base), "model").fingerprint != found["origin"]:
            raise UsageError(
                f"{folder} was adapted from another base than {base}: leave --base out, or adapt it anew "
                "without --update."
            )
        if not comes_after(folder, history.base, found["learned"]):
            raise UsageError(
                f"The history of {folder} was written anew since it was adapted, so lines that are held "
                "out may have been learned: adapt it without --update."
            )
        corpus, examples = (_part(work, artifact, stage) for stage in LEARNED)
        return cls(artifact, corpus, examples)

    @property
    def known(self) -> dict[str, str]:
        """The fingerprints of what was learned."""
        return {name: str(self.artifact.statistics[name]) for name in LEARNED}

    @property
    def model(self) -> Path:
        """The folder of the model that was kept."""
        return Path(self.artifact.statistics["model"])

    @property
    def origin(self) -> str:
        """The fingerprint of the first base."""
        return str(self.artifact.statistics["origin"])

    @property
    def minutes(self) -> float:
        """How long it was given."""
        return float(self.artifact.statistics["minutes"] or MINUTES)

    def knows(self, history: History) -> bool:
        """Whether all that a history lets one learn was there before."""
        return bool(self.artifact.statistics["learned"] == history.base)


def _last(folder: Path, work: Path) -> Artifact:
    made = [one for one in adaptations(folder, work) if one.statistics["kind"] == "commits"]
    if not made:
        raise UsageError(
            f"{folder} was not adapted yet with this --work folder: adapt it without --update first."
        )
    return made[-1]


def _part(work: Path, artifact: Artifact, stage: str) -> Artifact | None:
    digest = artifact.statistics[stage]
    found = find_artifact(work, stage, digest) if digest else None
    if digest and found is None:
        raise ArtifactError(
            f"The {stage} of the last adaptation is not in {work} any more: adapt without --update."
        )
    return found
