"""Where code comes from: one class for each kind of source, and `parse_source` to name one."""

from codekiln.corpus.sources.archive import ArchiveSource
from codekiln.corpus.sources.commits import Change, changes
from codekiln.corpus.sources.folder import FolderSource
from codekiln.corpus.sources.git import GitSource
from codekiln.corpus.sources.hub import HubSource
from codekiln.corpus.sources.parse import is_own, parse_source
from codekiln.corpus.sources.source import File, Source, UnreadableError
from codekiln.corpus.sources.stdlib import StdlibSource
from codekiln.corpus.sources.table import TableSource

__all__ = [
    "ArchiveSource",
    "Change",
    "File",
    "FolderSource",
    "GitSource",
    "HubSource",
    "Source",
    "StdlibSource",
    "TableSource",
    "UnreadableError",
    "changes",
    "is_own",
    "parse_source",
]
