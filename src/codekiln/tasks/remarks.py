"""Why an artifact of tasks has no examples of one kind, and what would give some."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from codekiln.tasks.fix.compilers import installed
from codekiln.tasks.stage import SPLITS


def remarks(statistics: Mapping[str, Any]) -> list[str]:
    """Why there are no examples of a task, and what would give some: a sentence each."""
    total: dict[str, Counter[str]] = defaultdict(Counter)
    for split in SPLITS:
        for table, counts in statistics[split]["became"].items():
            total[table].update(counts)
    said = []
    if total["implement"] and not total["implement"]["example"]:
        why = total["implement"].most_common(1)[0][0]
        said.append(
            f"No function to implement: of {total['implement'].total():,} functions most are left out as "
            f"'{why}'."
        )
    if total["bugs"] and not total["bugs"]["example"]:
        why = total["bugs"].most_common(1)[0][0]
        said.append(
            f"No bug was put in and seen ('{why}' most often): add code that stands alone in one of "
            f"{', '.join(installed())}."
        )
    if not total["commits"]:
        said.append(
            "No history was read, so there are no fixes of others: give git sources, with more than one "
            "commit, and corpus.commits=1000."
        )
    elif not total["commits"]["example"]:
        why = total["commits"].most_common(1)[0][0]
        said.append(f"No commit is a fix that stands alone: most are left out as '{why}'.")
    return said
