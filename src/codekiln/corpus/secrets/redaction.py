"""A text without its secrets: each is replaced by a placeholder of its kind, and counted.

Where the secrets are is the business of `search.py`. No value leaves this room: not in a count, not
in an error, not in a log.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codekiln.corpus.secrets.excerpt import excerpt
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.search import find

ROUNDS = 10


@dataclass(frozen=True)
class Redaction:
    """The text to keep, and how many values of each kind (`"EMAIL"`) were taken out of it."""

    text: str
    counts: Mapping[str, int]


def redact(text: str) -> Redaction:
    """The text with `<KEY>`, `<PASSWORD>`, `<PRIVATE_KEY>`, `<EMAIL>` and `<IP>` in place of values.

    Typed placeholders as in StarCoder (Li et al. 2023, section 3.4). Redacting twice is redacting
    once, for the search is repeated until it finds nothing. Two rounds do for all real code; text
    made to need more, where one placeholder lets the next value be seen, gets `ROUNDS`.

    >>> redact("mail = 'ada.lovelace@analytical.org'").text
    "mail = '<EMAIL>'"
    """
    counts = Counter[str]()
    findings = find(text)
    for _ in range(ROUNDS):
        if not findings:
            break
        counts.update(finding.kind for finding in findings if not finding.again)
        text, places = _replaced(text, findings)
        findings = _found_near(text, places)
    return Redaction(text, counts)


def _replaced(text: str, findings: Sequence[Finding]) -> tuple[str, list[int]]:
    """The text with placeholders, and where they are."""
    pieces, places, place, length = [], [], 0, 0
    for finding in findings:
        placeholder = "" if finding.again else f"<{finding.kind}>"
        pieces += [text[place : finding.start], placeholder]
        length += finding.start - place
        places.append(length)
        length += len(placeholder)
        place = finding.end
    return "".join([*pieces, text[place:]]), places


def _found_near(text: str, places: Sequence[int]) -> list[Finding]:
    """What is found in the lines with these places; elsewhere nothing has changed."""
    lines = excerpt(text, _lines(text, places))
    return [
        finding._replace(start=lines.origin(finding.start), end=lines.origin(finding.end))
        for finding in find(lines.text)
    ]


def _lines(text: str, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    end = -1
    for place in places:
        if place > end:
            start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
            end = end if end >= 0 else len(text)
            yield start, end
