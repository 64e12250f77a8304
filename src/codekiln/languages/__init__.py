"""The languages we know: which one a file is in, how it writes a comment, and its syntax tree."""

from codekiln.languages.detection import candidates, detect, language_of
from codekiln.languages.parsing import error_share, parse
from codekiln.languages.registry import KINDS, Kind, Language, languages

__all__ = [
    "KINDS",
    "Kind",
    "Language",
    "candidates",
    "detect",
    "error_share",
    "language_of",
    "languages",
    "parse",
]
