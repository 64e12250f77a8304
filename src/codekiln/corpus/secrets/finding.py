"""One place in a text where a secret is, and which of two that overlap stays."""

from collections.abc import Iterable
from typing import NamedTuple


class Finding(NamedTuple):
    """A span of a text and what it is; never the value itself."""

    start: int
    end: int
    kind: str
    rank: int  # of the rule; of two that overlap, the lower stays
    again: bool = False  # a further piece of the secret found right before it


def without_overlaps(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in order of place, none of which overlaps another."""
    kept: list[Finding] = []
    for finding in sorted(findings):
        if not kept or kept[-1].end <= finding.start:
            kept.append(finding)
        elif finding.rank < kept[-1].rank:
            kept[-1] = finding
    return kept
