"""The languages we know: which one a file is in, and how it writes a comment."""

from codekiln.languages.registry import KINDS, Kind, Language, language_of, languages

__all__ = ["KINDS", "Kind", "Language", "language_of", "languages"]
