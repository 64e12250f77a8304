"""Under which licence a file may be used: its own header, its repository's texts, its metadata.

What an expression permits is in `expression.py`; the way from a path to its licence in `survey.py`.
"""

from codekiln.corpus.licences.evidence import is_evidence as is_evidence
from codekiln.corpus.licences.expression import PERMISSIVE as PERMISSIVE
from codekiln.corpus.licences.expression import allowed as allowed
from codekiln.corpus.licences.expression import normalised as normalised
from codekiln.corpus.licences.header import header_licence as header_licence
from codekiln.corpus.licences.licence import Licence as Licence
from codekiln.corpus.licences.survey import Survey as Survey
from codekiln.corpus.licences.texts import text_licence as text_licence
