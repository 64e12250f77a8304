"""A training that is killed without warning, at twenty random points, ends as the one nobody disturbed."""

import multiprocessing
import random
import signal
import time

import pytest

from codekiln.artifact import open_artifact, produce
from codekiln.telemetry import read_metrics
from codekiln.training import ModelStageConfig
from codekiln.training.stage import STAGE

STEPS = 60
KILLS = 20


@pytest.fixture(scope="module")
def processes():
    """Each process is forked from one that has torch imported and nothing computed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["codekiln.training.stage", "torch._dynamo"])
    return context


def begin(processes, config, given, work):
    process = processes.Process(target=produce, args=(STAGE, config, given, work, "m"))
    process.start()
    return process


def kill(process, work, steps, delay):
    """SIGKILL once the metrics have `steps` rows, and a little later."""
    while process.is_alive() and rows_written(work) < steps:
        time.sleep(0.001)
    time.sleep(delay)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL, "it was over before it could be killed"


def rows_written(work):
    """−1 before there are any metrics."""
    found = list(work.glob("model/*.partial/metrics.jsonl"))
    return found[0].read_bytes().count(b"\n") if found else -1


def finish(processes, config, given, work):
    process = begin(processes, config, given, work)
    process.join()
    assert process.exitcode == 0
    (path,) = (path for path in (work / "model").iterdir() if path.is_dir())
    return open_artifact(path, "model")


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_kills_leave_no_trace(processes, given, tmp_path, precision):
    config = ModelStageConfig(
        depth=1,
        tokens=STEPS * 256,
        batch_tokens=256,
        precision=precision,
        threads=1,
        checkpoint_seconds=1e-9,
    )
    generator = random.Random(precision)
    moments = [0, *sorted(generator.sample(range(2, STEPS - 10), KILLS - 1))]
    disturbed = tmp_path / "disturbed"
    for steps in moments:
        process = begin(processes, config, given, disturbed)
        kill(process, disturbed, steps, delay=generator.uniform(0, 0.02))
    found = finish(processes, config, given, disturbed)
    expected = finish(processes, config, given, tmp_path / "undisturbed")
    rows, wanted = (
        [{**row, "seconds": 0} for row in read_metrics(model.file("metrics.jsonl"))]
        for model in (found, expected)
    )
    assert [row["step"] for row in wanted] == list(range(1, STEPS + 1))
    assert rows == wanted
    weights = [model.file("model.safetensors").read_bytes() for model in (found, expected)]
    assert weights[0] == weights[1]
    assert found.fingerprint == expected.fingerprint
