"""The second half of the stage: of all sources' documents, which stay, and which are held out.

The corpus holds its sources' shards as hard links, and beside each source's a table with the verdict
on every row; so another threshold or one more source costs no second copy of the rest.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codekiln.artifact import Artifact, Stage, Statistics, discard, write_atomically
from codekiln.corpus.collect.shards import (
    CHANGES,
    DOCUMENTS,
    QUARANTINED,
    REJECTED,
    SKETCHES,
    write_table,
)
from codekiln.corpus.duplicates import Sketches, near_clusters
from codekiln.corpus.select.documents import Figures, figures
from codekiln.corpus.select.groups import NONE, grouped
from codekiln.corpus.select.split import hold_out
from codekiln.corpus.select.statistics import statistics
from codekiln.corpus.select.survivors import (
    Numbers,
    Verdict,
    best_copies,
    cap_repositories,
    equal_clusters,
    joined,
)
from codekiln.corpus.settings import CorpusConfig
from codekiln.errors import CorpusError

SPLIT, SOURCES, SELECTION = "split.json", "sources.json", "selection-"
SELECTION_SCHEMA = pa.schema(
    {
        "verdict": pa.dictionary(pa.int8(), pa.string()),
        "best": pa.int64(),  # the number of the copy that stayed; that of the document itself if it did
        "group": pa.dictionary(pa.int32(), pa.string()),  # null where the document was dropped
    }
)


def build(config: CorpusConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write the links to the sources' shards, `selection-*`, `sources.json` and `split.json`.

    Raises:
        CorpusError: nothing is left, or too little to split.
    """
    sources = list(inputs.values())
    check_kept(sources)
    verdicts, best, clusters = _chosen(figures(sources), sources, config)
    groups, numbers = grouped(sources, verdicts, clusters)
    held_out = hold_out(groups, config.held_out, config.seed)
    listed = [
        {"name": name, "folder": f"{number:04d}", "documents": source.statistics["kept"]}
        for number, (name, source) in enumerate(inputs.items())
    ]
    start = 0
    for entry, source in zip(listed, sources, strict=True):
        folder, rows = str(entry["folder"]), slice(start, start + int(entry["documents"]))
        _link(source, out / folder)
        selection = _selection(verdicts[rows], best[rows], numbers[rows], list(groups))
        write_table(out / f"{SELECTION}{folder}.parquet", selection)
        start = rows.stop
    write_atomically(out / SOURCES, json.dumps(listed, indent=1).encode())
    split = {"held_out": held_out, "groups": groups}
    write_atomically(out / SPLIT, json.dumps(split, indent=1).encode())
    held = np.isin(numbers, [list(groups).index(name) for name in held_out])
    return statistics(inputs, verdicts, held) | {"groups": len(groups)}


STAGE = Stage("corpus", 2, build)


def check_kept(sources: Sequence[Artifact]) -> None:
    """See whether the sources hold anything to choose from.

    Raises:
        CorpusError: they do not.
    """
    seen = sum(source.statistics["seen"] for source in sources)
    if not seen:
        raise CorpusError("The sources hold no files: give a folder that holds code.")
    if any(source.statistics["kept"] for source in sources):
        return
    reasons: dict[str, int] = {}
    for source in sources:
        lost = {"quarantined": source.statistics["quarantined"]}
        for reason, count in {**source.statistics["rejected"], **lost}.items():
            reasons[reason] = reasons.get(reason, 0) + count
    reason = max(reasons, key=lambda name: reasons[name])
    if reason == "licence-unknown":
        raise CorpusError(
            f"Found {seen} files, but none says under which licence it is ({reasons[reason]}): if the "
            "code is yours, write 'own:' before the source, as in own:PATH."
        )
    raise CorpusError(
        f"Found {seen} files but none is code we can read: most were {reason} ({reasons[reason]}). "
        "Give another source, or widen 'kinds', 'languages', 'licences' or 'exclude' of the corpus."
    )


def _chosen(
    known: Figures, sources: Sequence[Artifact], config: CorpusConfig
) -> tuple[npt.NDArray[np.int8], Numbers, Numbers]:
    equal = clusters = equal_clusters(known)
    if config.near_duplicates < 1:
        sketches = Sketches([path for source in sources for path in source.files(SKETCHES)])
        clusters = joined(equal, near_clusters(sketches, config.near_duplicates))
    verdicts, best = best_copies(known, equal, clusters, config.max_copies)
    cap_repositories(known, verdicts, config.max_repository)
    return verdicts, best, clusters


def _selection(
    verdicts: npt.NDArray[np.int8], best: Numbers, numbers: npt.NDArray[np.int32], groups: list[str]
) -> pa.Table:
    reasons = pa.array([verdict.reason for verdict in Verdict])
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(verdicts), reasons),
        pa.array(best),
        pa.DictionaryArray.from_arrays(
            pa.array(numbers, mask=numbers == NONE), pa.array(groups, pa.string())
        ),
    ]
    return pa.table(columns, schema=SELECTION_SCHEMA)


def _link(source: Artifact, folder: Path) -> None:
    """Give a source's shards a second name, or a copy where the disk knows no hard links."""
    folder.mkdir(exist_ok=True)
    for prefix in (DOCUMENTS, REJECTED, QUARANTINED, CHANGES):
        for path in source.files(prefix):
            beside = folder / path.name
            discard(beside)
            try:
                os.link(path, beside)
            except OSError:
                shutil.copyfile(path, beside)
