"""The trainings of a work folder, finished or still at work: figures, curves and samples."""

import dataclasses
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from codekiln.errors import CodekilnError, UsageError
from codekiln.pipeline.report.curves import CURVES, Curve, Points, drawn
from codekiln.pipeline.report.heatmap import visible
from codekiln.pipeline.report.runs import METRICS, PARTIAL, Run, read_run
from codekiln.serve.http.replies import whole

SAMPLES = 12  # of a run, evenly over it


def add_routes(routes: APIRouter, work: Path) -> None:
    """The routes of the page of runs."""

    @routes.get("/runs")
    async def _runs(request: Request) -> dict[str, Any]:
        return await whole(request, lambda _: {"runs": run_names(work)})

    @routes.get("/runs/{name}")
    async def _run(name: str, request: Request) -> dict[str, Any]:
        return await whole(request, lambda _: run_as_json(work, name))


def run_names(work: Path) -> list[str]:
    """The folders of trainings, the one that was touched last first."""
    found = [path.parent for path in work.glob(f"model/*/{METRICS}")]
    return [path.name for path in sorted(found, key=_touched, reverse=True)]


def run_as_json(work: Path, name: str) -> dict[str, Any]:
    """All that the page shows of one.

    Raises:
        UsageError: there is no such training, or not yet.
    """
    if name not in run_names(work):
        raise UsageError(f"There is no training '{name}' in {work}: reload the page.")
    try:
        run = read_run(work / "model" / name)
    except CodekilnError as error:
        raise UsageError(str(error)) from None
    return {
        "name": name.removesuffix(PARTIAL),
        "finished": run.finished,
        "figures": dataclasses.asdict(run.figures),
        "curves": {curve.key: _line(curve, run) for curve in CURVES},
        "samples": _samples(run),
    }


def _line(curve: Curve, run: Run) -> Points:
    line = curve.points(run.rows)
    return drawn(line, curve.values(line)) if line else []


def _samples(run: Run) -> list[dict[str, Any]]:
    every = max(len(run.samples) // SAMPLES, 1)
    told = [*run.samples[:-1][::every], *run.samples[-1:]]
    return [
        {
            "step": sample["step"],
            "prompt": visible(sample["prompt"]),
            "text": visible(sample["text"]),
        }
        for sample in told
    ]


def _touched(path: Path) -> float:
    return (path / METRICS).stat().st_mtime
