"""A few files that each rule left out, for a person to judge the rule by."""

from collections.abc import Collection
from dataclasses import dataclass, field

from codekiln import telemetry
from codekiln.artifact import Artifact
from codekiln.corpus.document import Rejection
from codekiln.corpus.reader import COPIES, Copies, copies, rejected
from codekiln.errors import UsageError


@dataclass(frozen=True)
class Samples:
    """How many files one reason took, and the first few of them: in pairs where they are copies."""

    reason: str
    count: int
    rejections: list[Rejection] = field(default_factory=list)
    pairs: list[Copies] = field(default_factory=list)


def reasons(artifact: Artifact) -> dict[str, int]:
    """How many files each reason took, `quarantined` among them; none that took none."""
    figures = artifact.statistics
    counts = {**figures["rejected"], "quarantined": figures["quarantined"]}
    return {reason: count for reason, count in counts.items() if count}


def samples(artifact: Artifact, wanted: Collection[str], limit: int) -> list[Samples]:
    """At most `limit` files for each of some reasons, found in one pass, in the order of `wanted`.

    Raises:
        UsageError: nothing was left out for such a reason.
    """
    counts = reasons(artifact)
    for reason in wanted:
        if reason not in counts:
            known = ", ".join(sorted(counts)) or "none"
            raise UsageError(f"No file was left out as '{reason}'; the reasons here are {known}.")
    found = {reason: Samples(reason, counts[reason]) for reason in wanted}
    for reason in found.keys() & set(COPIES):
        found[reason].pairs.extend(copies(artifact, reason, limit))
    _fill({reason: found[reason] for reason in found if reason not in COPIES}, artifact, limit)
    return list(found.values())


def _fill(found: dict[str, Samples], artifact: Artifact, limit: int) -> None:
    missing = sum(min(limit, sample.count) for sample in found.values())
    if not missing:
        return
    with telemetry.progress("samples", missing) as progress:
        for rejection in rejected(artifact):
            sample = found.get(rejection.reason)
            if sample and len(sample.rejections) < limit:
                sample.rejections.append(rejection)
                progress.advance()
                missing -= 1
                if not missing:
                    return
