"""The page that lays the curves of several trainings over each other, finished or still at work."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codekiln.artifact import open_artifact, write_atomically
from codekiln.errors import ArtifactError, UsageError
from codekiln.pipeline.report.charts import is_number
from codekiln.pipeline.report.curves import curves
from codekiln.pipeline.report.page import render, size
from codekiln.telemetry import read_metrics

METRICS, SAMPLES = "metrics.jsonl", "samples.jsonl"
PARTIAL = ".partial"


@dataclass(frozen=True)
class Figures:
    """What a run came to; None where only a finished one tells."""

    tokens: int
    loss: float | None
    held_out_loss: float | None
    tokens_per_second: int
    skipped_steps: int
    parameters: int | None = None
    share_of_peak: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Run:
    """A training as it is on disk: a row for each step, and what the model wrote on the way."""

    name: str
    path: Path
    finished: bool
    rows: Sequence[Mapping[str, Any]]
    samples: Sequence[Mapping[str, Any]]
    figures: Figures


def read_run(path: Path) -> Run:
    """The training in a model's folder, or in a partial one.

    Raises:
        ArtifactError: it is no such folder, or damaged, or no step has been taken yet.
    """
    path = path.resolve()
    finished = not path.name.endswith(PARTIAL)
    statistics = open_artifact(path).statistics if finished else {}
    rows = _lines(path / METRICS)
    if not rows:
        remedy = "give a model that codekiln trained" if finished else "wait for the first step"
        raise ArtifactError(f"{path} holds no metrics of a training: {remedy}.")
    name = path.name.removesuffix(PARTIAL)
    return Run(name, path, finished, rows, _lines(path / SAMPLES), _figures(rows, statistics))


def write_runs_page(runs: Sequence[Run], out: Path) -> None:
    """Write the page.

    Raises:
        MissingExtraError: matplotlib is not installed.
        UsageError: nothing can be written there.
    """
    runs = told_apart(runs)
    content = render(
        "runs.html",
        runs=runs,
        curves=curves([(run.name, run.rows) for run in runs]),
        figures=[(run, written(run.figures)) for run in runs],
    )
    try:
        write_atomically(out, content.encode())
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written ({error.strerror}): give another place with --out."
        ) from None


def told_apart(runs: Sequence[Run]) -> list[Run]:
    """The runs, those of one name called by their whole path."""
    names = Counter(run.name for run in runs)
    return [run if names[run.name] == 1 else replace(run, name=str(run.path)) for run in runs]


def written(figures: Figures) -> dict[str, str]:
    """The figures by the heads of their columns; a dash for what is not known."""
    speed, share = figures.tokens_per_second, figures.share_of_peak
    return {
        "parameters": _amount(figures.parameters),
        "tokens": _amount(figures.tokens),
        "loss": _loss(figures.loss),
        "held-out loss": _loss(figures.held_out_loss),
        "tokens/s": f"{speed:,}",
        "of peak": "–" if share is None else f"{share:.1%}",
        "memory": size(figures.memory_bytes) if figures.memory_bytes else "–",
        "skipped": f"{figures.skipped_steps:,}",
    }


def _figures(rows: Sequence[Mapping[str, Any]], statistics: Mapping[str, Any]) -> Figures:
    last = rows[-1]
    return Figures(
        tokens=last["tokens"],
        loss=_last(rows, "loss"),
        held_out_loss=_last(rows, "held_out_loss"),
        tokens_per_second=round(last["tokens"] / max(last["seconds"], 1e-9)),
        skipped_steps=max(row.get("skipped", 0) for row in rows),
        parameters=statistics.get("parameters"),
        share_of_peak=statistics.get("share_of_peak"),
        memory_bytes=statistics.get("memory_bytes"),
    )


def _last(rows: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """The last value that is a number."""
    values = (row.get(key) for row in reversed(rows))
    return next((value for value in values if is_number(value)), None)


def _lines(path: Path) -> list[dict[str, Any]]:
    return read_metrics(path) if path.exists() else []


def _amount(count: int | None) -> str:
    if count is None:
        return "–"
    return f"{count / 1e6:,.1f} M" if count >= 1e6 else f"{count:,}"


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
