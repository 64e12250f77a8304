"""Training on a bare machine: `python -m codekiln.training RECIPE --inputs DIR --tokenizer DIR`.

Rows and tokenizer are artifacts that `codekiln run` made elsewhere, copied here; only torch, numpy,
tokenizers and safetensors are needed. A run that was stopped goes on with the same command. Where the
recipe makes an encoder, the rows are those of segments, and `--functions DIR` adds its contrastive stage.
With `--base MODEL` that model is tuned instead, on rows of examples, and no `--tokenizer` is given.
On several GPUs, or on machines that share the --work folder, it is the same command behind `torchrun -m`.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, open_artifact, open_work
from codekiln.config import override, parse, read_toml
from codekiln.errors import CodekilnError, UsageError
from codekiln.telemetry import Event, listening
from codekiln.training import tuning
from codekiln.training.config import EncoderConfig, ModelStageConfig
from codekiln.training.encoder_stage import STAGE as ENCODER
from codekiln.training.stage import ROWS, STAGE
from codekiln.training.together import produce
from codekiln.training.tuning_config import TuningConfig
from codekiln.training.world import here, joined

SECONDS = 10.0  # between two lines


def main() -> int:
    """Train; prints the finished artifact's folder and statistics as one JSON object."""
    arguments = _arguments()
    try:
        with joined() as world:
            made = _train(arguments)
            if world.first:
                print(json.dumps(made))
    except CodekilnError as error:
        print(f"codekiln: {error}  [{error.code}]", file=sys.stderr)
        return error.exit_code
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m codekiln.training", description=__doc__)
    parser.add_argument(
        "recipe", type=Path, help="its tables [model], [encoder], [tuning] count here"
    )
    parser.add_argument("--inputs", type=Path, required=True, help="rows: an artifact's folder")
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--tokenizer", type=Path, help="an artifact's folder")
    start.add_argument(
        "--base", type=Path, help="the folder of a model to tune on rows of examples"
    )
    parser.add_argument("--functions", type=Path, help="rows of functions: an artifact's folder")
    parser.add_argument("--work", type=Path, default=Path("work"), help="takes the model")
    parser.add_argument("--set", action="append", default=[], metavar="model.field=value")
    return parser.parse_args()


def _train(arguments: argparse.Namespace) -> dict[str, object]:
    tables = override(read_toml(arguments.recipe), arguments.set)
    if arguments.base:
        return _tune(arguments, tables)
    config = parse(ModelStageConfig, tables.get("model", {}), "model")
    name, work = tables.get("name", "model"), arguments.work
    tokenizer = open_artifact(arguments.tokenizer, "tokenizer")
    rows = open_artifact(arguments.inputs, ROWS[config.objective])
    if arguments.functions and config.objective != "masked":
        raise UsageError("--functions make an encoder: set model.objective=masked.")
    first = here().first
    if first:
        open_work(work)
    with listening(_Lines()) if first else nullcontext():
        made = produce(STAGE, config, {"tokenizer": tokenizer, "inputs": rows}, work, name)
        if not arguments.functions:
            return _told(made)
        functions = open_artifact(arguments.functions, "functions")
        given = {"tokenizer": tokenizer, "functions": functions, "model": made}
        encoder = produce(
            ENCODER, parse(EncoderConfig, tables.get("encoder", {})), given, work, name
        )
    return {"model": _told(made), "encoder": _told(encoder)}


def _tune(arguments: argparse.Namespace, tables: Mapping[str, Any]) -> dict[str, object]:
    config = parse(TuningConfig, tables.get("tuning", {}), "tuning")
    given = {
        "base": open_artifact(arguments.base, "model"),
        "examples": open_artifact(arguments.inputs, "examples"),
    }
    stage = tuning.ADAPTER if config.method == "lora" else tuning.MODEL
    if here().first:
        open_work(arguments.work)
    with listening(_Lines()) if here().first else nullcontext():
        return _told(produce(stage, config, given, arguments.work, tables.get("name", "tuned")))


def _told(made: Artifact) -> dict[str, object]:
    return {"path": str(made.path), "config": made.manifest["config"], **made.statistics}


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
