"""Two processes learn what one does, from the same rows, with whole models or with shards of one."""

import json
import math
from dataclasses import replace

import pytest

from codekiln.telemetry import read_metrics
from codekiln.training import ModelStageConfig
from training.crew import run
from training.runs import BrokenInOne, Encoding, Recording, train

# Of four rows a step, each of two processes takes two, one after the other.
CONFIG = ModelStageConfig(tokens=1, batch_tokens=512, micro_tokens=128, checkpoint_seconds=1000.0)
OFTEN = replace(CONFIG, checkpoint_seconds=1e-9)


def rows_learned(out):
    """All rows that any process learned from, in the order of the steps."""
    lines = [line for path in out.glob("rows-*") for line in path.read_text().splitlines()]
    return sorted(json.loads(line) for line in lines)


def assert_same_figures(out, expected, tolerance):
    found, wanted = (read_metrics(one / "metrics.jsonl") for one in (out, expected))
    assert [row["step"] for row in found] == [row["step"] for row in wanted]
    for name in ("loss", "held_out_loss"):
        values = [[row[name] for row in rows if name in row] for rows in (found, wanted)]
        assert values[0] == pytest.approx(values[1], abs=tolerance, rel=0), name
    norms = [[row["gradient_norm"] for row in rows] for rows in (found, wanted)]
    assert norms[0] == pytest.approx(norms[1], rel=10 * tolerance)


ADAMW = ("adamw", replace(CONFIG, learning_rate=0.003), 30, True)
MUON = ("muon", CONFIG, 50, False)


@pytest.fixture(scope="module")
def alone(given, tmp_path_factory):
    """Where the run of one process lies, by optimiser."""
    outs = {}
    for name, config, steps, only_adamw in (ADAMW, MUON):
        outs[name] = tmp_path_factory.mktemp(name)
        run(1, train, given, outs[name], config, steps, Recording, only_adamw)
    return outs


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
@pytest.mark.parametrize(("case", "tolerance"), [(ADAMW, 1e-5), (MUON, 1e-3)])
def test_the_losses_are_those_of_one_process(
    given, alone, tmp_path, case, tolerance, parallel, recompute
):
    name, config, steps, only_adamw = case
    config = replace(config, parallel=parallel, recompute=recompute)
    run(2, train, given, tmp_path, config, steps, Recording, only_adamw)
    assert_same_figures(tmp_path, alone[name], tolerance)
    assert rows_learned(tmp_path) == rows_learned(alone[name])
    shares = [path.read_text().count("\n") for path in tmp_path.glob("rows-*")]
    assert shares == [steps * 2, steps * 2]


@pytest.mark.slow
@pytest.mark.parametrize("ways", [("ddp", "ddp"), ("fsdp", "fsdp"), ("fsdp", "ddp")])
def test_a_run_goes_from_two_processes_to_one_and_back(given, alone, tmp_path, ways):
    """At every step the same rows, and the losses of one process that nobody stopped."""
    parts = [(2, ways[0], 17), (1, "auto", 34), (2, ways[1], math.inf)]
    for size, parallel, until in parts:
        config = replace(OFTEN, parallel=parallel)
        run(size, train, given, tmp_path, config, 50, Recording, False, until)
    assert_same_figures(tmp_path, alone["muon"], 1e-3)
    # The step that ended a part had no checkpoint yet, so it was taken twice.
    once = rows_learned(alone["muon"])
    twice = [row for row in once if row[0] in (16 * 4, 33 * 4)]
    assert rows_learned(tmp_path) == sorted(once + twice)


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_an_encoder_is_trained_by_two_processes_and_then_by_one(given, tmp_path, parallel):
    alone, other = tmp_path / "alone", tmp_path / "other"
    alone.mkdir()
    other.mkdir()
    run(1, train, given, alone, OFTEN, 12, Encoding)
    config = replace(OFTEN, parallel=parallel)
    run(2, train, given, other, config, 12, Encoding, False, 6)
    run(1, train, given, other, config, 12, Encoding)
    assert_same_figures(other, alone, 1e-3)


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_what_is_no_number_in_one_process_is_passed_over_by_all(given, tmp_path, parallel):
    config = replace(CONFIG, parallel=parallel)
    run(2, train, given, tmp_path, config, 8, BrokenInOne)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows if row["loss"] is None] == [2, 3, 5]
    assert rows[-1]["loss"] < rows[0]["loss"] / 2
