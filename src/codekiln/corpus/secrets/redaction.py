"""A text without its secrets: each is replaced by a placeholder of its kind, and counted.

Where the secrets are is the business of `search.py`. No value leaves this room: not in a count, not
in an error, not in a log.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.search import find


@dataclass(frozen=True)
class Redaction:
    """The text to keep, and how many values of each kind (`"EMAIL"`) were taken out of it."""

    text: str
    counts: Mapping[str, int]


def redact(text: str) -> Redaction:
    """The text with `<KEY>`, `<PASSWORD>`, `<PRIVATE_KEY>`, `<EMAIL>` and `<IP>` in place of values.

    Typed placeholders as in StarCoder (Li et al. 2023, section 3.4). Redacting twice is redacting
    once, for the search is repeated until it finds nothing. That ends: no value can hold the angle
    brackets of a placeholder, so every round leaves less that could be one.

    >>> redact("mail = 'ada.lovelace@analytical.org'").text
    "mail = '<EMAIL>'"
    """
    counts = Counter[str]()
    while findings := find(text):
        counts.update(finding.kind for finding in findings if not finding.again)
        text = _replaced(text, findings)
    return Redaction(text, counts)


def _replaced(text: str, findings: Sequence[Finding]) -> str:
    pieces, place = [], 0
    for finding in findings:
        pieces += [text[place : finding.start], "" if finding.again else f"<{finding.kind}>"]
        place = finding.end
    return "".join([*pieces, text[place:]])
