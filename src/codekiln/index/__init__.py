"""The index: a suffix array over the tokens of a corpus or of a working folder.

One memory-mapped structure answers what followed a context (mixing), how it went on (drafts), and where
a text was learned from (provenance). `index.stage`, `index.folder` and `index.provenance` are not in this
catalogue: they read corpora and licences, and a machine that only trains has no use for them.
"""

from codekiln.index.index import CAP, Index, Place
from codekiln.index.match import NO_MATCH, Documents, Match, Matcher, TokenArray
from codekiln.index.mix import Mixture, default_mixture
from codekiln.index.open_file import OpenFile
from codekiln.index.origins import Origin
from codekiln.index.shard import Shard, Span

__all__ = [
    "CAP",
    "NO_MATCH",
    "Documents",
    "Index",
    "Match",
    "Matcher",
    "Mixture",
    "OpenFile",
    "Origin",
    "Place",
    "Shard",
    "Span",
    "TokenArray",
    "default_mixture",
]
