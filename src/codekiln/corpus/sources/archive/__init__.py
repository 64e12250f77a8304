"""Archives as a source: members are streamed out of them, and nothing is ever unpacked to disk."""

from codekiln.corpus.sources.archive.caps import CAPS, Caps
from codekiln.corpus.sources.archive.source import ArchiveSource

__all__ = ["CAPS", "ArchiveSource", "Caps"]
