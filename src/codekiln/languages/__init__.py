"""The languages we know: which one a file is in, its comments, lexemes, functions and syntax tree."""

from codekiln.languages.detection import candidates, detect, known_as, language_of
from codekiln.languages.functions import (
    Function,
    FunctionPlace,
    documented_functions,
    function_places,
)
from codekiln.languages.lexing import LEXICAL_KINDS, Lexeme, LexicalKind, lex
from codekiln.languages.parsing import error_share, parse
from codekiln.languages.registry import KINDS, Kind, Language, languages

__all__ = [
    "KINDS",
    "LEXICAL_KINDS",
    "Function",
    "FunctionPlace",
    "Kind",
    "Language",
    "Lexeme",
    "LexicalKind",
    "candidates",
    "detect",
    "documented_functions",
    "error_share",
    "function_places",
    "known_as",
    "language_of",
    "languages",
    "lex",
    "parse",
]
