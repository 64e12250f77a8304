"""The figures of a whole corpus, for its manifest, its report and the command line."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact, Statistics
from codekiln.corpus.collect.tally import KEPT, reconciled
from codekiln.corpus.select.documents import tables
from codekiln.corpus.select.survivors import Verdict

COLUMNS = ("language", "licence", "licence_from", "bytes", "domains")


def statistics(
    inputs: Mapping[str, Artifact], verdicts: npt.NDArray[np.int8], held: npt.NDArray[np.bool_]
) -> Statistics:
    """What came in, what stayed and why the rest did not.

    `seen = kept + rejected for each reason + quarantined` is checked over everything.

    Raises:
        CorpusError: it is not so.
    """
    funnel: dict[str, Counter[str]] = defaultdict(Counter)
    redacted: Counter[str] = Counter()
    for source in inputs.values():
        for language, counts in source.statistics["funnel"].items():
            funnel[language].update(counts)
        redacted.update(source.statistics["redacted"])
    kept = _Kept()
    start = 0
    splits = {name: {"files": 0, "bytes": 0} for name in ("train", "held_out")}
    by_source = {
        name: {"seen": source.statistics["seen"], "files": 0, "bytes": 0}
        for name, source in inputs.items()
    }
    for name, source in inputs.items():
        for table in tables([source], COLUMNS):
            rows = slice(start, start + table.num_rows)
            columns = (table[column].to_pylist() for column in COLUMNS)
            for verdict, is_held, row in zip(
                verdicts[rows].tolist(),
                held[rows].tolist(),
                zip(*columns, strict=True),
                strict=True,
            ):
                if verdict == Verdict.KEPT:
                    kept.add(*row)
                    for target in (splits["held_out" if is_held else "train"], by_source[name]):
                        target["files"] += 1
                        target["bytes"] += row[3]
                else:
                    funnel[row[0]][KEPT] -= 1
                    funnel[row[0]][Verdict(verdict).reason] += 1
            start = rows.stop
    seen = sum(source.statistics["seen"] for source in inputs.values())
    figures = reconciled({name: +counts for name, counts in funnel.items()}, seen)
    return (
        figures
        | kept.figures()
        | {
            "splits": splits,
            "sources": by_source,
            "redacted": dict(sorted(redacted.items())),
        }
    )


class _Kept:
    """Files and bytes of what stayed, by several keys."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, Counter[str]]] = {
            key: {"files": Counter(), "bytes": Counter()}
            for key in ("languages", "licences", "licences_from", "domains")
        }
        self._bytes = 0

    def add(self, language: str, licence: str, found: str, size: int, domains: list[str]) -> None:
        self._bytes += size
        keys = {
            "languages": [language],
            "licences": [licence],
            "licences_from": [found],
            "domains": domains,
        }
        for key, names in keys.items():
            for name in names:
                self._counts[key]["files"][name] += 1
                self._counts[key]["bytes"][name] += size

    def figures(self) -> dict[str, Any]:
        tables = {
            key: {
                name: {"files": counts["files"][name], "bytes": counts["bytes"][name]}
                for name in sorted(counts["files"])
            }
            for key, counts in self._counts.items()
        }
        return {"bytes": self._bytes, **tables}
