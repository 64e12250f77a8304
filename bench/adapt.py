"""`codekiln adapt` on a package, and what the model that it tuned is worth to unrelated ones.

A package becomes a repository: its older version is the first commit, and each file that the newer one
changed a commit of its own, in the order of a hash. Its last commits, about 300 lines, are held out by
`adapt`. Of each unrelated package lines are held out likewise, and typed with the base and with the model
that was tuned on the other: the verdict must be that tuning is no gain. The base is the starter, which has
seen neither that package nor the last two. Keys saved have intervals of 95 %.

`CODEKILN_BENCH_MINUTES` (3) is what `adapt` is given.
"""

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from dulwich import porcelain

from bench.corpus.rows import cache
from codekiln.artifact import Artifact, open_artifact
from codekiln.corpus.sources import parse_source
from codekiln.evaluate.results import open_results, table
from codekiln.generate.loading import STARTER, model_folder
from codekiln.pipeline.adapt import adapt
from codekiln.pipeline.adapt.contest import BASE, TUNED, contest
from codekiln.pipeline.adapt.split import split
from codekiln.pipeline.adapt.verdict import in_common, is_gain, judge

MINUTES = float(os.environ.get("CODEKILN_BENCH_MINUTES", "3"))
PACKAGE = ("falcon", "4.0.1", "4.4.0")
OTHERS = (
    ("marshmallow", "4.0.0", "4.4.0"),
    ("textual", "0.85.1", "8.2.8"),
    ("trl", "0.11.4", "1.16.0"),
)
WHO = b"A Person <person@example.org>"
UNRELATED = 60.0  # seconds in which an unrelated package is typed
ALL = "all added lines"

Row = dict[str, str]
Files = dict[str, bytes]


def run() -> dict[str, list[Row]]:
    """The table of the package itself, and those of the unrelated ones."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        own, *others = (_repository(root, *package) for package in (PACKAGE, *OTHERS))
        begun = time.monotonic()
        made = adapt(own, None, root / "work", minutes=MINUTES)
        seconds = time.monotonic() - begun
        found: dict[str, list[Row]] = {f"{own.name}, {seconds:.0f} s": _own(made)}
        tuned = sorted((root / "work" / "model").glob(f"{own.name}-*"))
        if tuned:
            model = open_artifact(tuned[-1], "model")
            for other in others:
                title = f"{other.name}, tuned on {own.name}"
                found[title] = _unrelated(other, model, root / "work")
    return found


def _own(made: Artifact) -> list[Row]:
    facts = made.statistics
    rows = [
        _row(row["system"], row["items"], row["figures"])
        for row in facts["table"]
        if row["stratum"] == ALL
    ]
    for name, gain in facts["gains"].items():
        low, high = (100 * gain["paired"]["difference"][side] for side in ("low", "high"))
        rows.append(_verdict(name, gain["is_gain"], low, high))
    kept = {"system": f"kept: {facts['kept']}", "keys saved": facts["why_not_tuned"]}
    return [*rows, kept]


def _unrelated(folder: Path, tuned: Artifact, work: Path) -> list[Row]:
    history = split(folder)
    base = open_artifact(model_folder(Path(STARTER)), "model")
    first = contest(history, base, BASE, UNRELATED, work, time.monotonic)
    second = contest(history, tuned, TUNED, 2 * UNRELATED, work, time.monotonic, first)
    items = in_common(item for one in (first, second) for item in open_results(one.path)[1])
    verdict = judge(items)
    assert verdict.tuning
    low, high = (100 * side for side in verdict.tuning.paired.difference[1:])
    rows = [
        _row(row.system, row.items, {name: f._asdict() for name, f in row.figures.items()})
        for row in table(items)
        if row.stratum == ALL
    ]
    return [*rows, _verdict("tuning", is_gain(verdict.tuning), low, high)]


def _row(system: str, lines: int, figures: dict[str, Any]) -> Row:
    exact, keys = figures["exact lines"], figures["keys saved"]
    return {
        "system": system,
        "lines": f"{lines}",
        "exact lines": f"{exact['value']:.3f}",
        "keys saved": f"{keys['value']:.3f} ({keys['low']:.3f} to {keys['high']:.3f})",
    }


def _verdict(name: str, is_gain: bool, low: float, high: float) -> Row:
    return {
        "system": f"{name}: {'a gain' if is_gain else 'no gain'}",
        "keys saved": f"{low:+.1f} to {high:+.1f} points",
    }


def _repository(root: Path, name: str, older: str, newer: str) -> Path:
    """The older version, and then a commit a file."""
    folder = root / name
    folder.mkdir()
    porcelain.init(str(folder)).close()
    before, after = (_modules(name, version) for version in (older, newer))
    _commit(folder, dict(before))
    changed = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    for path in sorted(changed, key=lambda path: hashlib.sha256(path.encode()).hexdigest()):
        _commit(folder, {path: after.get(path)})
    return folder


def _modules(name: str, version: str) -> Files:
    source = parse_source(f"pypi:{name}=={version}", (), cache() / "downloads")
    try:
        return {
            file.path: file.read()
            for file in source.files()
            if file.path.endswith(".py") and not file.defect
        }
    finally:
        source.close()


def _commit(folder: Path, files: dict[str, bytes | None]) -> None:
    for path, content in files.items():
        place = folder / path
        if content is None:
            porcelain.remove(str(folder), [str(place)])
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    written = [str(folder / path) for path, content in files.items() if content is not None]
    if written:
        porcelain.add(str(folder), written)
    porcelain.commit(str(folder), message=b"a file", author=WHO, committer=WHO)
