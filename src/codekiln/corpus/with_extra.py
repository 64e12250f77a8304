"""What a corpus is built and read with: all that needs the extra `corpus`."""

from codekiln.corpus.build import build_corpus
from codekiln.corpus.collect.engine import RUNNERS, Runner
from codekiln.corpus.compare import Difference, difference
from codekiln.corpus.document import Document, Rejection
from codekiln.corpus.reader import (
    CommittedChange,
    Copies,
    Entry,
    Split,
    changes,
    copies,
    document_sizes,
    documents,
    entries,
    rejected,
)
from codekiln.corpus.samples import Samples, reasons, samples
from codekiln.corpus.select.stage import STAGE
from codekiln.corpus.settings import CorpusConfig

__all__ = [
    "RUNNERS",
    "STAGE",
    "CommittedChange",
    "Copies",
    "CorpusConfig",
    "Difference",
    "Document",
    "Entry",
    "Rejection",
    "Runner",
    "Samples",
    "Split",
    "build_corpus",
    "changes",
    "copies",
    "difference",
    "document_sizes",
    "documents",
    "entries",
    "reasons",
    "rejected",
    "samples",
]
