"""What nobody adds to a licence but to take back some of what it grants.

Looked for in words (`words.py`) that belong to no text we know: the texts themselves say "may not be
used to endorse" and the like. Which licences a text grants is found in `texts.py` and `header.py`.
"""

import re
from collections.abc import Iterable, Sequence

_RESTRICTION = re.compile(
    r"(?<!commercial or )(?<!commercial and )\bnon ?commercial(?:ly)?\b"
    r"|\bcommercial (?:use|purpose|exploitation|license|redistribution)"
    r"|\bcommons clause\b|\bevil\b|\bmilitary\b|\bweapons?\b|\bprohibited\b|\bforbidden\b"
    r"|\bproprietary (?:and|to|rights?|licen[cs]es?|information|source|property)\b"
    r"|\b(?:confidential|trade secrets?|machine learning|artificial intelligence)\b"
    r"|\bnot (?:be )?(?:permitted|allowed|granted)\b(?! for the use of any)"
    r"|\b(?:academic|educational|evaluation|personal|research|internal|demonstration)"
    r" (?:use|purposes?|only|and)\b"
    r"|\b(?:(?:must|shall|may|can) not|cannot) (?:be )?"
    r"(?:used?|copied|copy|sold|sell|(?:re)?distributed?|modified|modify|train|licensed|run)\b"
    r"(?! to endorse| in advertising| for advertising)(?!(?: \w+){0,8} except\b)"
    r"|\b(?:used?|redistributed|distributed|copied) only (?:for|by|in|within|with)\b|\bonly be used\b"
    r"|\bnot licensed\b|\buse only\b|\bonly for use\b|\bpermission only\b"
    r"|\badditional (?:restriction|condition)s?\b"
    r"|(?<!specific )\bprior written (?:consent|permission|approval|agreement)\b"
)
# What a grant is made of: a copy of a text that lacks one of them grants less.
_RIGHTS = frozenset({"use", "copy", "modify", "distribute", "sublicense", "sell", "commercial"})


def restricted(sequence: Sequence[str]) -> bool:
    """Whether words keep back what a permissive licence grants.

    >>> restricted("not for non commercial use".split()), restricted("thanks to all".split())
    (True, False)
    """
    return _RESTRICTION.search(" ".join(sequence)) is not None


def curtailed(missing: Iterable[str]) -> bool:
    """Whether words that a copy of a licence lacks take one of its rights away.

    >>> curtailed(["sell", "the"]), curtailed(["the", "holders"])
    (True, False)
    """
    return not _RIGHTS.isdisjoint(missing)
