"""What a source's shards hold, counted from the shards themselves, and the proof that it adds up."""

from collections import Counter, defaultdict
from pathlib import Path

from codekiln.artifact import Statistics
from codekiln.corpus.collect.shards import DOCUMENTS, QUARANTINED, REJECTED, read_table
from codekiln.errors import CorpusError

KEPT, LOST = "kept", "quarantined"


def tally(out: Path, seen: int) -> Statistics:
    """The figures of one source; `seen` is how many files its listing held.

    Raises:
        CorpusError: a file is in neither count, or in both.
    """
    funnel: dict[str, Counter[str]] = defaultdict(Counter)
    redacted: Counter[str] = Counter()
    for path in sorted(out.glob(f"{DOCUMENTS}*")):
        table = read_table(path, ["language", "redacted"])
        for language, counts in zip(*(column.to_pylist() for column in table.columns), strict=True):
            funnel[language][KEPT] += 1
            redacted.update(dict(counts))
    for prefix in (REJECTED, QUARANTINED):
        for path in sorted(out.glob(f"{prefix}*")):
            table = read_table(path, ["language", "reason"])
            for language, reason in zip(*(c.to_pylist() for c in table.columns), strict=True):
                funnel[language][reason] += 1
    return reconciled(funnel, seen) | {"redacted": dict(sorted(redacted.items()))}


def reconciled(funnel: dict[str, Counter[str]], seen: int) -> Statistics:
    """`in = kept + rejected for each reason + quarantined`, over all languages.

    Raises:
        CorpusError: it is not so.
    """
    total: Counter[str] = Counter()
    for counts in funnel.values():
        total.update(counts)
    if total.total() != seen:
        raise CorpusError(
            f"{seen} files were listed but {total.total()} accounted for: delete the .partial "
            "folder and run the recipe again."
        )
    rejected = {
        reason: count for reason, count in sorted(total.items()) if reason not in (KEPT, LOST)
    }
    return {
        "seen": seen,
        "kept": total[KEPT],
        "quarantined": total[LOST],
        "rejected": rejected,
        "funnel": {name: dict(sorted(funnel[name].items())) for name in sorted(funnel)},
    }
