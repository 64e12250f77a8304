"""What a licence file says: the known texts in it, and what stands around them.

Where the texts are is found in `similarity.py`; what a package says of its licence elsewhere is
read in `manifests.py`.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from codekiln.corpus.licences.expression import UNKNOWN, adds, joined, refined
from codekiln.corpus.licences.grants import grants, offers_choice
from codekiln.corpus.licences.names import expression_of
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
# What a text is said to be of, where that is not the whole.
_BUNDLED = re.compile(
    r"\b(?:includes?|contains?|incorporates?|uses|bundles?)(?: \w+){0,5}? (?:components?|software|library"
    r"|libraries|code|packages?|files?|fonts?|work)\b"
    r"|\bthird ?party\b(?! copyrights?)"
    r"|\bfollowing (?:components?|software|library|libraries|packages?|code)\b"
    r"|\b(?<!all )(?:portions|parts) (?:of|are)\b"
)
_THE_REST = re.compile(
    r"\b(?:outside|otherwise|(?:everything|anything|all) (?:else|other)|remaining|rest)\b"
)


@lru_cache(maxsize=1024)
def text_licence(text: str) -> str:
    """The SPDX expression of a licence file, `""` if it holds no licence we know.

    All texts of a file hold (AND), also those appended for bundled parts; that they are a choice
    (OR) must be said. With a restriction added or a right left out it is a licence that no list
    permits, and so it is if the texts are of what is bundled. Exceptions to the GNU licences and
    LLVM's only add permissions and are dropped.
    """
    sequence = words(text)
    reading = read(sequence)
    tag = tagged(text)
    if restricted(reading.unexplained) or curtailed(reading.missing):
        return UNKNOWN
    if not reading.licences:
        return tag or _notice(text, sequence)
    remarks = len(sequence) - 2 * reading.explained
    if reading.preface > _LONGEST_PREFACE or remarks > _LONGEST_REMARKS:
        return tag
    licences = with_grants(reading, in_file=True)
    preface = sequence[: reading.preface]
    if _is_of_what_is_bundled(" ".join(preface)) and not grants(preface, in_file=True).licences:
        licences.append(UNKNOWN)
    return refined(combined(licences, offers_choice(reading.unexplained)), tag)


def _is_of_what_is_bundled(preface: str) -> bool:
    return bool(_BUNDLED.search(preface)) and not _THE_REST.search(preface)


def combined(licences: Sequence[str], choice: bool) -> str:
    """Licences that hold for the same code, as one expression; a choice is one between two."""
    distinct = [
        licence for licence in dict.fromkeys(licences) if not _is_implied(licence, licences)
    ]
    is_choice = choice and len(distinct) == 2 and UNKNOWN not in distinct
    return joined("OR" if is_choice else "AND", distinct)


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


def with_grants(reading: Reading, in_file: bool = False) -> list[str]:
    """The licences of the known texts, and those granted by name besides.

    A title names the licence that follows it, less exactly: names of one family add nothing, unless
    they are of a licence that is not permissive among ones that are.
    """
    named = grants(reading.unexplained, in_file).licences
    return [*reading.licences, *(name for name in named if adds(name, reading.licences))]


def _notice(text: str, sequence: Sequence[str]) -> str:
    """The licences that a short notice grants. A choice of which we can name one alone is none."""
    if len(sequence) > _LONGEST_NOTICE:
        return ""
    found = grants(sequence, in_file=True)
    if found.is_choice:
        return joined("OR", found.licences)
    if offers_choice(sequence) and len(found.licences) < 2:
        return ""
    return combined(found.licences, choice=False) or expression_of(text)
