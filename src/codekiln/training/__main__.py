"""Pretraining on a bare machine: `python -m codekiln.training RECIPE --inputs DIR --tokenizer DIR`.

Rows and tokenizer are artifacts that `codekiln run` made elsewhere, copied here; only torch, numpy,
tokenizers and safetensors are needed. A run that was stopped goes on with the same command.
"""

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

from codekiln.artifact import open_artifact, open_work, produce
from codekiln.config import override, parse, read_toml
from codekiln.errors import CodekilnError
from codekiln.telemetry import Event, listening
from codekiln.training.config import ModelStageConfig
from codekiln.training.stage import STAGE

SECONDS = 10.0  # between two lines


def main() -> int:
    """Train; prints the finished artifact's folder and statistics as one JSON object."""
    arguments = _arguments()
    try:
        print(json.dumps(_train(arguments)))
    except CodekilnError as error:
        print(f"codekiln: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m codekiln.training", description=__doc__)
    parser.add_argument("recipe", type=Path, help="its table [model] counts here")
    parser.add_argument("--inputs", type=Path, required=True, help="rows: an artifact's folder")
    parser.add_argument("--tokenizer", type=Path, required=True, help="an artifact's folder")
    parser.add_argument("--work", type=Path, default=Path("work"), help="takes the model")
    parser.add_argument("--set", action="append", default=[], metavar="model.field=value")
    return parser.parse_args()


def _train(arguments: argparse.Namespace) -> dict[str, object]:
    tables = override(read_toml(arguments.recipe), arguments.set)
    config = parse(ModelStageConfig, tables.get("model", {}), "model")
    given = {
        "tokenizer": open_artifact(arguments.tokenizer, "tokenizer"),
        "inputs": open_artifact(arguments.inputs, "inputs"),
    }
    open_work(arguments.work)
    with listening(_Lines()):
        made = produce(STAGE, config, given, arguments.work, tables.get("name", "model"))
    return {"path": str(made.path), "config": dataclasses.asdict(config), **made.statistics}


class _Lines:
    """A line on stderr every few seconds, and one for each end of a task."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        if not event.finished and time.monotonic() - self._last < SECONDS:
            return
        self._last = time.monotonic()
        figures = " ".join(f"{name} {value}" for name, value in event.figures.items())
        of = f"/{event.total:.0f}" if event.total else ""
        print(
            f"{event.task} {event.done:.0f}{of} {event.unit} {figures}", file=sys.stderr, flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
