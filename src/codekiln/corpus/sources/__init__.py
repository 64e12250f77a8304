"""Where code comes from: one class for each kind of source, and `parse_source` to name one."""

from codekiln.corpus.sources.folder import FolderSource
from codekiln.corpus.sources.git import GitSource
from codekiln.corpus.sources.parse import parse_source
from codekiln.corpus.sources.source import Entry, Source, UnreadableError
from codekiln.corpus.sources.stdlib import StdlibSource

__all__ = [
    "Entry",
    "FolderSource",
    "GitSource",
    "Source",
    "StdlibSource",
    "UnreadableError",
    "parse_source",
]
