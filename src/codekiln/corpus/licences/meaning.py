"""What a passage about licences at the head of a file means: what it grants, and what it keeps back.

Where the passages are is found in `header.py`. A tag among them is read in `tags.py`, a field in
`fields.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from codekiln.corpus.licences.expression import PERMISSIVE, UNKNOWN, adds, allowed, joined
from codekiln.corpus.licences.fields import fields, slashed
from codekiln.corpus.licences.grants import grants, offers_choice
from codekiln.corpus.licences.links import linked
from codekiln.corpus.licences.restrictions import curtailed, reserved, restricted
from codekiln.corpus.licences.similarity import read
from codekiln.corpus.licences.texts import combined, with_grants
from codekiln.corpus.licences.words import words

# Only the texts of licences say so; sentences that name one do not.
_TEXT = re.compile(
    r"in no event liable|hereby granted|freely granted|permission is granted|redistribution and use"
    r"|permission to use|are permitted"
)
_GRANT = re.compile(
    r"\bpermission(?: \w+){0,40}? granted\b|\bredistribution and use in source(?: \w+){0,20}? permitted\b"
)
# Stands alone or after who holds the rights; others keep a secret confidential.
_CONFIDENTIAL = re.compile(
    r"^[^\w\n]*(?:\w+ ){0,2}(?:confidential|do not (?:(?:copy|share) (?:or|and) )?(?:re)?distribute)\W*$"
    r"|(?:rights reserved|(?:copyright|\(c\)|©) [^\n]{0,80}?)\W{1,10}(?:confidential|proprietary"
    r"|unpublished|(?:for )?internal use only|do not (?:re)?(?:distribute|copy|share))\b",
    re.IGNORECASE | re.MULTILINE,
)
# A remark about a licence says nothing of the kind.
_GRANTING = re.compile(
    r"licensed|licen[cs]e[ds]?\W*[:=]|@licen|licen[cs]e[ds]? (?:is\b|under\b|at\b|\W|\Z)|\bunder\b"
    r"|released|distribut|covered|governed|subject to|\bterms\b|copyright|©|\(c\)|permission"
    r"|free software|\bauthors?\W*:|spdx|\bcc[ -]by\b|\bsee\s+(?:[\w.-]+\s+){0,5}?(?:licen|copying)"
    r"|\bthis (?:\w+ )?(?:file|program|software|code|library|module|work|source|package|project|script"
    r"|product)\b|\bis (?:\w+ ){0,2}(?:[al]?gpl|mit|bsd|apache)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[.;|()\n]\s|[\n|()]")
_LICENCE = re.compile(r"licen|gpl", re.IGNORECASE)
# So many words beside the names of licences are no remark on them.
_MOST_OTHERS = 3
# What is said of a part, or of the work that a file is made from, leaves the rest to the repository.
_PARTIAL = re.compile(
    r"\b(?:based (?:\w+ )?(?:up)?on|derived (?:\w+ )?from(?! this software)|adapt(?:ed|ation)"
    r" (?:\w+ )?(?:from|of)|(?:borrowed|copied|taken|lifted|extracted|translated|modified|ported|stolen)"
    r" (?:\w+ )?from|port of|inspired by|incorporates?|bundles?|portions? (?:of|from|are)"
    r"|parts (?:of|from|are)"
    r"|(?:includes?|contains?|uses?) (?:\w+ ){0,3}(?:code|parts|portions|material|components?)"
    r"|some (?:of|code|parts|portions)|third ?party|original(?:ly)?|generated (?:with|by|from)"
    r"|modifications (?:are|is|by|made|copyright|licensed|under)|uses material)\b"
)


@dataclass(frozen=True)
class Meaning:
    """The SPDX expression of what is granted, `""` if nothing is, and whether that is of a part only."""

    licence: str = ""
    is_partial: bool = False


@lru_cache(maxsize=4096)
def meaning(passage: str) -> Meaning:
    """What a passage grants, by name or by its text; what it keeps back is a licence nobody knows."""
    if _CONFIDENTIAL.search(passage):
        return Meaning(UNKNOWN)
    sequence = words(passage)
    said = " ".join(sequence)
    if _TEXT.search(said):
        return _of_text(sequence, passage)
    if reserved(sequence):
        return Meaning(UNKNOWN)
    found = grants(sequence)
    licences = [*found.licences, *_besides(passage, found.licences)]
    if licences and restricted(sequence, in_terms=False):
        return Meaning(UNKNOWN)
    if found.others > _MOST_OTHERS and not _GRANTING.search(passage) and not _stands_alone(passage):
        return Meaning()
    is_partial = bool(_PARTIAL.search(said))
    if found.is_choice and len(licences) == len(found.licences):
        return Meaning(joined("OR", licences), is_partial)
    return Meaning(combined(licences, choice=False), is_partial)


def _stands_alone(passage: str) -> bool:
    """Whether a line, or what is between full stops, is the name of a licence and no more."""
    parts = (part for part in _PARTS.split(passage) if _LICENCE.search(part))
    return any(
        found.licences and not found.others for part in parts if (found := grants(words(part)))
    )


def _of_text(sequence: Sequence[str], passage: str) -> Meaning:
    """What a passage with the text of a licence means."""
    reading = read(sequence)
    rest = reading.unexplained
    if restricted(rest, in_terms=False) or curtailed(reading.missing):
        return Meaning(UNKNOWN)
    said = " ".join(rest)
    licences = with_grants(reading)
    licences += _besides(passage, licences)
    if _GRANT.search(said):
        licences.append(UNKNOWN)
    is_partial = bool(_PARTIAL.search(said))
    return Meaning(combined(licences, offers_choice(sequence)), is_partial)


def _besides(passage: str, licences: Sequence[str]) -> list[str]:
    """Licences that fields and addresses of a passage name, where its sentences do not.

    The address of a permissive licence says no more than the sentence that it stands in.
    """
    linked_to = [one for one in linked(passage) if not licences or not allowed(one, PERMISSIVE)]
    besides = dict.fromkeys([*fields(passage), *slashed(passage), *linked_to])
    return [one for one in besides if adds(one, licences)]
