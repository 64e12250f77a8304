"""The languages we know: which one a file is in, its comments, its lexemes and its syntax tree."""

from codekiln.languages.detection import candidates, detect, language_of
from codekiln.languages.lexing import LEXICAL_KINDS, Lexeme, LexicalKind, lex
from codekiln.languages.parsing import error_share, parse
from codekiln.languages.registry import KINDS, Kind, Language, languages

__all__ = [
    "KINDS",
    "LEXICAL_KINDS",
    "Kind",
    "Language",
    "Lexeme",
    "LexicalKind",
    "candidates",
    "detect",
    "error_share",
    "language_of",
    "languages",
    "lex",
    "parse",
]
