"""Step 1: from sources of code to cleaned, licensed, deduplicated and split documents."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import codekiln.corpus.extra as extra

if TYPE_CHECKING:
    from codekiln.corpus.build import build_corpus
    from codekiln.corpus.collect.engine import RUNNERS, Runner
    from codekiln.corpus.compare import Difference, difference
    from codekiln.corpus.document import Document, Rejection
    from codekiln.corpus.left_out import Samples, reasons, samples
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

_ROOMS = (
    "build",
    "collect.engine",
    "compare",
    "document",
    "reader",
    "left_out",
    "select.stage",
    "settings",
)


if not TYPE_CHECKING:  # which knows that there is nothing else

    def __getattr__(name: str) -> Any:
        """What needs the extra is loaded when it is first asked for.

        The rooms within that clean a single file need none, so that a live index does without; and where
        it is installed, a server would hold 40 MB for nothing.
        """
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if not extra.INSTALLED:
            raise extra.missing()
        rooms = (vars(import_module(f"{__name__}.{room}")) for room in _ROOMS)
        return next(room[name] for room in rooms if name in room)
