"""What changed from one corpus to another: documents that came, went or have another content."""

from dataclasses import dataclass

from codekiln.artifact import Artifact
from codekiln.corpus.reader import kept_contents

Key = tuple[str, str, str]  # source, repository, path


@dataclass(frozen=True)
class Difference:
    """Documents by what became of them, each sorted, and how the count of each reason changed."""

    added: list[Key]
    removed: list[Key]
    changed: list[Key]
    unchanged: int
    reasons: dict[str, tuple[int, int]]


def difference(before: Artifact, after: Artifact) -> Difference:
    """Compare two corpora by source, repository and path of what they keep.

    Raises:
        ArtifactError: one of them is no corpus, or damaged.
    """
    old, new = dict(kept_contents(before)), dict(kept_contents(after))
    both = old.keys() & new.keys()
    changed = sorted(key for key in both if old[key] != new[key])
    return Difference(
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        changed=changed,
        unchanged=len(both) - len(changed),
        reasons=_reasons(before, after),
    )


def _reasons(before: Artifact, after: Artifact) -> dict[str, tuple[int, int]]:
    counts = [
        {**artifact.statistics["rejected"], "quarantined": artifact.statistics["quarantined"]}
        for artifact in (before, after)
    ]
    names = sorted(counts[0].keys() | counts[1].keys())
    pairs = {name: (counts[0].get(name, 0), counts[1].get(name, 0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
