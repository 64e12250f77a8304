"""Reading a finished corpus: the documents of a split, and what was left out."""

import json
from collections.abc import Iterator
from typing import Literal

from codekiln.artifact import Artifact
from codekiln.corpus.chunks import DOCUMENTS, REJECTED, rows
from codekiln.corpus.document import Document, Rejection
from codekiln.corpus.split import group_of
from codekiln.corpus.stage import SPLIT

Split = Literal["train", "held_out"]


def documents(artifact: Artifact, split: Split) -> Iterator[Document]:
    """The documents of one split, in the order of the sources and their paths.

    Raises:
        ArtifactError: the artifact is no corpus, or damaged.
    """
    facts = json.loads(artifact.file(SPLIT).read_text(encoding="utf-8"))
    groups, held_out = facts["groups"], set(facts["held_out"])
    for path in artifact.files(DOCUMENTS):
        for row in rows(path):
            group = group_of(row["source"], row["path"], groups)
            if (group in held_out) == (split == "held_out"):
                yield Document.from_row(row, group)


def rejected(artifact: Artifact) -> Iterator[Rejection]:
    """Every file that was left out, with its reason."""
    for path in artifact.files(REJECTED):
        yield from map(Rejection.from_row, rows(path))
