"""A few files that one rule left out, for a person to judge the rule by."""

import itertools
from dataclasses import dataclass

from codekiln.artifact import Artifact
from codekiln.corpus.document import Rejection
from codekiln.corpus.reader import COPIES, Copies, copies, rejected
from codekiln.errors import UsageError


@dataclass(frozen=True)
class Samples:
    """How many files each reason took, and some of those of one: as pairs where they are copies."""

    counts: dict[str, int]
    reason: str
    rejections: list[Rejection]
    pairs: list[Copies]


def samples(artifact: Artifact, reason: str, limit: int) -> Samples:
    """The counts of all reasons and, of `reason`, the first few files; none if it is empty.

    Raises:
        UsageError: nothing was left out for such a reason.
    """
    counts = dict(artifact.statistics["rejected"])
    if artifact.statistics["quarantined"]:
        counts["quarantined"] = artifact.statistics["quarantined"]
    if reason and reason not in counts:
        raise UsageError(
            f"No file was left out as '{reason}'; the reasons here are {', '.join(sorted(counts))}."
        )
    if reason in COPIES:
        return Samples(counts, reason, [], copies(artifact, reason, limit))
    found = (rejection for rejection in rejected(artifact) if rejection.reason == reason)
    return Samples(counts, reason, list(itertools.islice(found, limit if reason else 0)), [])
