"""The stage that writes `report.html`. What it shows was measured before it."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.pipeline.report import charts, heatmap, page
from codekiln.telemetry import read_metrics

PAGE = "report.html"
ROAD = ("corpus", "tokenizer", "inputs", "model", "index", "evaluation")


@dataclass(frozen=True)
class ReportConfig:
    """Settings of the report."""

    title: str = setting("codekiln", "heading of the page")


def build(config: ReportConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write the page from the artifacts of the road before it.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ArtifactError: an input lacks a file that belongs to it.
    """
    charts.require_matplotlib()
    evaluation = inputs["evaluation"]
    scores = _json(evaluation, "evaluation.json")
    corpus, model = inputs["corpus"].statistics, inputs["model"].statistics
    rows = read_metrics(inputs["model"].file("metrics.jsonl"))
    content = page.render(
        title=config.title,
        figures=page.headline(scores, inputs["tokenizer"].statistics, model),
        scores=page.score_rows(scores["bits_per_byte"]),
        score_chart=charts.score_chart(page.score_rows(scores["bits_per_byte"])),
        held_out_bytes=scores["held_out_bytes"],
        files=page.telling_files(scores["files"]),
        all_files=len(scores["files"]),
        loss=charts.loss_charts(rows),
        fim_rate=inputs["inputs"].manifest["config"].get("fim_rate", 0.0),
        corpus=corpus,
        funnel=charts.funnel_chart(corpus),
        held_out=page.held_out_groups(_json(inputs["corpus"], "split.json")),
        heat=heatmap.heat_map(_json(evaluation, "heatmap.json")),
        legend=heatmap.legend(),
        completions=[page.card(entry) for entry in _json(evaluation, "completions.json")],
        stages=[page.made(name, inputs[name]) for name in ROAD],
        model_folder=shlex.quote(str(inputs["model"].path)),
    ).encode()
    write_atomically(out / PAGE, content)
    return {"html": PAGE, "bytes": len(content)}


def _json(artifact: Artifact, name: str) -> Any:
    return json.loads(artifact.file(name).read_text(encoding="utf-8"))


STAGE = Stage("report", 2, build)
