"""The index: a suffix array over the tokens of a corpus or of a working folder.

One memory-mapped structure answers what followed a context (mixing), how it went on (drafts), and where
a text was learned from (provenance).
"""

from codekiln.index.match import NO_MATCH, Match, Matcher, TokenArray

__all__ = ["NO_MATCH", "Match", "Matcher", "TokenArray"]
