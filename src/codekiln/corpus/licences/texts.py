"""What a licence file says: the known texts in it, and what stands around them.

Where the texts are is found in `similarity.py`; what a package says of its licence elsewhere is
read in `manifests.py`.
"""

from collections.abc import Sequence
from functools import lru_cache

from codekiln.corpus.licences.expression import UNKNOWN, family, joined, refined
from codekiln.corpus.licences.names import expression_of
from codekiln.corpus.licences.notices import CHOICE, granted
from codekiln.corpus.licences.restrictions import curtailed, restricted
from codekiln.corpus.licences.similarity import Reading, read
from codekiln.corpus.licences.tags import tagged
from codekiln.corpus.licences.words import words

# A licence file begins with its licence, but for a title, names and a short history.
_LONGEST_PREFACE = 150
# A file that holds no text we know may be a notice ("licensed under the ...") of so many words.
_LONGEST_NOTICE = 250
# Words that no text accounts for: remarks on who wrote what may be so many beside a short licence.
_LONGEST_REMARKS = 150
# A choice between licences is offered before anything else is said.
_CHOICE_WITHIN = 20


@lru_cache(maxsize=1024)
def text_licence(text: str) -> str:
    """The SPDX expression of a licence file, `""` if it holds no licence we know.

    All texts of a file hold (AND), also those appended for bundled parts; that they are a choice
    (OR) must be said. With a restriction added or a right left out it is a licence that no list
    permits. Exceptions to the GNU licences and LLVM's only add permissions and are dropped.
    """
    sequence = words(text)
    reading = read(sequence)
    tag = tagged(text)
    if restricted(reading.unexplained) or curtailed(reading.missing):
        return UNKNOWN
    if not reading.licences:
        return tag or _notice(text, sequence)
    known = len(sequence) - len(reading.unexplained)
    remarks = len(reading.unexplained) - known
    if reading.preface > _LONGEST_PREFACE or remarks > _LONGEST_REMARKS:
        return tag
    licences = with_grants(reading)
    return refined(combined(licences, offers_choice(reading.unexplained)), tag)


def offers_choice(sequence: Sequence[str]) -> bool:
    """Whether words begin by leaving the choice between licences to whoever uses the code."""
    return CHOICE.search(" ".join(sequence[:_CHOICE_WITHIN])) is not None


def combined(licences: Sequence[str], choice: bool) -> str:
    """Licences that hold for the same code, as one expression; a choice is one between two."""
    distinct = [
        licence for licence in dict.fromkeys(licences) if not _is_implied(licence, licences)
    ]
    return joined("OR" if choice and len(distinct) == 2 else "AND", distinct)


def _is_implied(licence: str, licences: Sequence[str]) -> bool:
    """Whether another of the licences says the same and more.

    The LGPL 3 is a supplement to the GPL 3, whose text stands beside it, and Python's licence holds
    the PSF's; a grant that adds "or later" is more exact than the bare text.
    """
    if licence == "GPL-3.0-only" and any(other.startswith("LGPL-3.0") for other in licences):
        return True
    if licence == "PSF-2.0" and any(other.startswith("Python-2.0") for other in licences):
        return True
    return licence.endswith("-only") and licence.replace("-only", "-or-later") in licences


def with_grants(reading: Reading) -> list[str]:
    """The licences of the known texts, and those granted by name besides.

    A title names the licence that follows it, less exactly: names of one family add nothing.
    """
    families = {family(licence) for licence in reading.licences}
    named = granted(reading.unexplained)
    return [*reading.licences, *(name for name in named if family(name) not in families)]


def _notice(text: str, sequence: Sequence[str]) -> str:
    """The licences that a short notice grants. A choice of which we can name one alone is none."""
    if len(sequence) > _LONGEST_NOTICE:
        return ""
    licences = granted(sequence)
    choice = offers_choice(sequence)
    if choice and len(licences) < 2:
        return ""
    return combined(licences, choice) or expression_of(text)
