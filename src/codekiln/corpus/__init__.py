"""Step 1: from sources of code to cleaned, licensed, deduplicated and split documents."""

from typing import TYPE_CHECKING

import codekiln.corpus.extra as extra

if extra.INSTALLED or TYPE_CHECKING:
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

if not extra.INSTALLED and not TYPE_CHECKING:
    # The rooms within that clean a single file need no extra, so that a live index does without.
    def __getattr__(name: str) -> None:
        raise extra.missing() if name in __all__ else AttributeError(name)
