"""What an evaluation found, item by item: one format, one kind of artifact and one table for them all.

An item is whatever was tried: a line, a program, a problem. Its figures are pairs, an amount and of how
much that is, so that a figure of many items is a ratio of two sums; its samples are single values, such as
milliseconds, of which percentiles are told.
"""

import hashlib
import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from dulwich.errors import NotGitRepository
from dulwich.repo import Repo

import codekiln
from codekiln.artifact import Artifact, Statistics, open_artifact, write_atomically
from codekiln.errors import UsageError
from codekiln.evaluate.bootstrap import Estimate, Paired, estimate, paired

STAGE_NAME = "results"
ITEMS = "items.jsonl"
FEW_GROUPS = 10  # with fewer of them runs of items are drawn
PERCENTILES = (50, 95)
BOTH = "in both"  # all pairs, where they are of no one part of both tables

By = Literal["item", "run", "group"]


@dataclass(frozen=True)
class Item:
    """One thing that a system tried. `item` names it alike in all results that may be compared.

    `group` is what it is drawn together with by the bootstrap, such as its file, or where groups are few
    its `run`, such as the lines that were typed with it; `strata` are the parts of the table that it counts
    in.
    """

    system: str
    item: str
    group: str
    strata: tuple[str, ...]
    figures: Mapping[str, tuple[float, float]]
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    run: str = ""


@dataclass(frozen=True)
class Facts:
    """What was measured with what: `commit` is that of this code, where it runs from a repository."""

    evaluation: str
    model: str
    recipe: str
    commit: str
    seed: int

    @classmethod
    def of(cls, evaluation: str, model: Artifact, seed: int) -> "Facts":
        """The facts of a model's evaluation by the code that runs."""
        recipe = str(model.manifest["name"])
        return cls(evaluation, f"{recipe}-{model.fingerprint[:8]}", recipe, _commit(), seed)


@dataclass(frozen=True)
class Row:
    """One system in one stratum; `drawn_by` says what the intervals were resampled by."""

    stratum: str
    system: str
    items: int
    figures: dict[str, Estimate]
    percentiles: dict[str, tuple[float, ...]]
    drawn_by: str


@dataclass(frozen=True)
class Comparison:
    """One figure of two systems on the items that both have; `drawn_by` as in a `Row`."""

    stratum: str
    figure: str
    items: int
    first: float
    second: float
    paired: Paired
    drawn_by: str


class Overlap(NamedTuple):
    """How many items two systems both tried, and how many only one of them."""

    both: int
    first: int
    second: int


def named(place: str, *texts: str) -> str:
    """The name of an item whose place may hold something else in other results: its texts tell."""
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return f"{place}#{digest[:8]}"


def write_results(out: Path, items: Sequence[Item], facts: Facts) -> Statistics:
    """Write the items into an artifact on its way; gives its statistics, with the table in them."""
    rows = (json.dumps(asdict(item)) + "\n" for item in items)
    write_atomically(out / ITEMS, "".join(rows).encode())
    return {**asdict(facts), "table": [plain(row) for row in table(items, facts.seed)]}


def open_results(path: Path) -> tuple[Artifact, list[Item]]:
    """The results that lie in a folder.

    Raises:
        ArtifactError: they are damaged, or no results.
    """
    artifact = open_artifact(path, STAGE_NAME)
    artifact.verify()
    lines = artifact.file(ITEMS).read_text(encoding="utf-8").splitlines()
    return artifact, [_item(json.loads(line)) for line in lines]


def table(items: Iterable[Item], seed: int = 0) -> list[Row]:
    """A row for each stratum and system, in the order in which they came."""
    parts: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        for stratum in item.strata:
            parts.setdefault((stratum, item.system), []).append(item)
    strata = dict.fromkeys(stratum for stratum, _ in parts)
    order = [key for stratum in strata for key in parts if key[0] == stratum]
    return [_row(*key, parts[key], seed) for key in order]


def compare(
    first: Iterable[Item], second: Iterable[Item], seed: int = 0, by: By | None = None
) -> list[Comparison]:
    """Two systems on the items that both tried; `by` is what is drawn, by default as in tables.

    Raises:
        UsageError: they have no item, or no figure, in common, or no runs to draw.
    """
    others = {item.item: item for item in second}
    pairs = [(item, others[item.item]) for item in first if item.item in others]
    found = [
        _comparison(stratum, name, part, seed, by)
        for stratum, part in _parts(pairs).items()
        for name in pairs[0][0].figures.keys() & pairs[0][1].figures.keys()
    ]
    if not found:
        raise UsageError(
            "These results have no item in common: compare results of one evaluation on the same data."
        )
    order = list(pairs[0][0].figures)
    return sorted(found, key=lambda each: order.index(each.figure))


def overlap(first: Iterable[Item], second: Iterable[Item]) -> Overlap:
    """What `compare` pairs, and what it leaves out."""
    ours, theirs = ({item.item for item in items} for items in (first, second))
    return Overlap(len(ours & theirs), len(ours - theirs), len(theirs - ours))


def only_system(items: Sequence[Item], wanted: str | None, name: str) -> list[Item]:
    """The items of one system.

    Raises:
        UsageError: there is none of that name, or it was not said which.
    """
    known = list(dict.fromkeys(item.system for item in items))
    if wanted is None and len(known) == 1:
        wanted = known[0]
    if wanted not in known:
        which = f"no system '{wanted}'" if wanted else f"{len(known)} systems"
        raise UsageError(f"{name} has {which}: choose one of {', '.join(known)}.")
    return [item for item in items if item.system == wanted]


def plain(row: Row | Comparison) -> dict[str, Any]:
    """As JSON has it, numbers that are none being null."""

    def clean(value: Any) -> Any:
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return clean(value._asdict())
        if isinstance(value, Mapping):
            return {key: clean(each) for key, each in value.items()}
        if isinstance(value, tuple | list):
            return [clean(each) for each in value]
        return None if isinstance(value, float) and not np.isfinite(value) else value

    return {name: clean(getattr(row, name)) for name in row.__dataclass_fields__}


def _row(stratum: str, system: str, items: Sequence[Item], seed: int) -> Row:
    drawn, by = _drawn(items)
    figures = {
        name: estimate([item.figures[name] for item in items], drawn, seed)
        for name in items[0].figures
    }
    percentiles = {
        name: tuple(map(float, np.percentile(values, PERCENTILES)))
        for name in items[0].samples
        if (values := [value for item in items for value in item.samples[name]])
    }
    return Row(stratum, system, len(items), figures, percentiles, by)


def _parts(pairs: Sequence[tuple[Item, Item]]) -> dict[str, Sequence[tuple[Item, Item]]]:
    """The pairs by what both of one count in, and all of them where nothing has them all."""
    parts: dict[str, list[tuple[Item, Item]]] = {}
    for one, other in pairs:
        for stratum in one.strata:
            if stratum in other.strata:
                parts.setdefault(stratum, []).append((one, other))
    has_all = any(len(part) == len(pairs) for part in parts.values())
    return {**parts} if has_all or not pairs else {BOTH: pairs, **parts}


def _comparison(
    stratum: str, name: str, pairs: Sequence[tuple[Item, Item]], seed: int, by: By | None
) -> Comparison:
    first = [one.figures[name] for one, _ in pairs]
    second = [other.figures[name] for _, other in pairs]
    drawn, drawn_by = _drawn([one for one, _ in pairs], by)
    ours, theirs = (estimate(part, drawn, seed).value for part in (first, second))
    found = paired(first, second, drawn, seed)
    return Comparison(stratum, name, len(pairs), ours, theirs, found, drawn_by)


def _drawn(items: Sequence[Item], by: By | None = None) -> tuple[Sequence[Hashable], By]:
    """What each item is drawn together with, and what that is: as large as leaves enough of them."""
    groups = [item.group for item in items]
    has_runs = all(item.run for item in items)
    if by is None:
        is_many = len(set(groups)) >= FEW_GROUPS
        by = "group" if is_many else "run" if has_runs else "item"
    if by == "group":
        return groups, by
    if by == "run" and not has_runs:
        raise UsageError("These results know no runs: resample by item or by group.")
    return ([item.run for item in items], by) if by == "run" else (range(len(items)), by)


def _item(row: dict[str, Any]) -> Item:
    figures = {name: (float(a), float(of)) for name, (a, of) in row["figures"].items()}
    return Item(**{**row, "strata": tuple(row["strata"]), "figures": figures})


def _commit() -> str:
    """The commit of the repository that this code runs from; nothing where it was installed."""
    source = Path(codekiln.__file__).resolve().parent
    try:
        with Repo(str(source.parents[1])) as repo:
            return repo.head().decode()
    except (NotGitRepository, KeyError, OSError, ValueError):
        return ""
