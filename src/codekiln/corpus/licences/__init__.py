"""Under which licence a file may be used: its own header, its repository's texts, its metadata.

What an expression permits is in `expression.py`; the way from a path to its licence in `survey.py`.
"""

from codekiln.corpus.licences.evidence import is_evidence
from codekiln.corpus.licences.expression import PERMISSIVE, allowed, normalised
from codekiln.corpus.licences.header import header_licence
from codekiln.corpus.licences.licence import Licence
from codekiln.corpus.licences.survey import Survey
from codekiln.corpus.licences.texts import text_licence

__all__ = [
    "PERMISSIVE",
    "Licence",
    "Survey",
    "allowed",
    "header_licence",
    "is_evidence",
    "normalised",
    "text_licence",
]
