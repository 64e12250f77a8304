"""The index of a corpus, for the tokens of a model."""

from pathlib import Path

from codekiln.artifact import Artifact, open_artifact, open_work, produce
from codekiln.generate.loading import model_folder
from codekiln.index.stage import STAGE, IndexConfig


def index_corpus(corpus: Path, model: Path, work: Path) -> Artifact:
    """The index of the training split of the corpus in a folder, in the work folder.

    Raises:
        ArtifactError: the corpus or the model is none, or is damaged.
        BusyError: another process is building it.
        DiskError: the disk is full, read-only or failing.
    """
    owner = open_artifact(model_folder(model), "model")
    found = open_artifact(corpus, "corpus")
    open_work(work)
    inputs = {"corpus": found, "tokenizer": owner}
    return produce(STAGE, IndexConfig(), inputs, work, str(found.manifest["name"]))
