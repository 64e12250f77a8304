"""Step 1: from sources of code to cleaned, deduplicated and split documents."""

from codekiln.corpus.document import Document, Rejection
from codekiln.corpus.reader import Split, documents, rejected
from codekiln.corpus.sources import parse_source
from codekiln.corpus.stage import STAGE, CorpusConfig, build, source_states

__all__ = [
    "STAGE",
    "CorpusConfig",
    "Document",
    "Rejection",
    "Split",
    "build",
    "documents",
    "parse_source",
    "rejected",
    "source_states",
]
