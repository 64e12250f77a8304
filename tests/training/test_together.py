"""The stage built by two processes: one artifact, and after a kill the one that nobody disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codekiln.artifact import open_artifact
from codekiln.model.weights import load_model
from codekiln.telemetry import read_metrics
from codekiln.tokenizer import Tokenizer
from codekiln.training import ModelStageConfig
from codekiln.training.stage import STAGE
from codekiln.training.together import produce
from training.crew import PATIENCE, Crew, run

STEPS = 12


def settings(parallel):
    return ModelStageConfig(
        depth=1,
        tokens=STEPS * 256,
        batch_tokens=256,
        parallel=parallel,
        precision="fp32",
        threads=1,
        checkpoint_seconds=1e-9,
    )


def partial(work):
    (found,) = work.glob("model/*.partial")
    return found


def wait_for_steps(crew, work, steps):
    """Until the metrics have so many rows, and all processes are still there."""
    end = time.monotonic() + PATIENCE
    while all(member.is_alive() for member in crew.members) and time.monotonic() < end:
        if rows_written(work) >= steps:
            return
        time.sleep(0.005)
    raise AssertionError("it was over before it could be killed")


def rows_written(work):
    (path,) = [*work.glob("model/*.partial/metrics.jsonl")][:1] or [None]
    return path.read_bytes().count(b"\n") if path else 0


def made(work):
    (path,) = (path for path in (work / "model").iterdir() if path.is_dir())
    return open_artifact(path, "model")


def figures(model):
    return [{**row, "seconds": 0} for row in read_metrics(model.file("metrics.jsonl"))]


@pytest.mark.slow
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_a_killed_worker_leaves_no_trace(given, tmp_path, parallel):
    arguments = (STAGE, settings(parallel), given)
    whole, disturbed, heard = (tmp_path / name for name in ("whole", "disturbed", "heard"))
    heard.mkdir()
    run(2, produce, *arguments, whole, "m")
    for killed, steps in ((1, 4), (0, 8)):
        crew = Crew(2, produce, *arguments, disturbed, "m", heard=heard)
        wait_for_steps(crew, disturbed, steps)
        crew.members[killed].kill()
        codes = crew.wait()
        assert codes[killed] == -9
        assert codes[1 - killed] == 1
    said = [path.read_text() for path in heard.iterdir()]
    assert len(said) == 2
    assert all(text.startswith("Another process of this run was ended") for text in said)
    run(2, produce, *arguments, disturbed, "m")
    expected, found = made(whole), made(disturbed)
    assert figures(found) == figures(expected)
    assert [row["step"] for row in figures(found)] == list(range(1, STEPS + 1))
    weights = [one.file("model.safetensors").read_bytes() for one in (found, expected)]
    assert weights[0] == weights[1]
    assert_whole(found)


def assert_whole(model):
    """What two processes left is what one would have, and a model."""
    model.verify()
    assert set(model.manifest["files"]) == {
        "calibration.json",
        "config.json",
        "metrics.jsonl",
        "model.safetensors",
        "samples.jsonl",
        "tokenizer.json",
    }
    assert model.statistics["processes"] == 2
    loaded = load_model(model.path, Tokenizer.load(model.path).fingerprint)
    assert sum(one.numel() for one in loaded.parameters()) == model.statistics["parameters"]
    samples = [json.loads(line) for line in model.file("samples.jsonl").read_text().splitlines()]
    assert [sample["step"] for sample in samples] == list(range(1, STEPS + 1))


def test_one_process_reads_what_two_have_written_in_shards(given, tmp_path):
    arguments = (STAGE, settings("fsdp"), given, tmp_path, "m")
    crew = Crew(2, produce, *arguments)
    wait_for_steps(crew, tmp_path, 5)
    crew.members[1].kill()
    crew.wait()
    newest = sorted(path for path in (partial(tmp_path) / "checkpoints").glob("step-*[0-9]"))[-1]
    shards = sorted(newest.glob("*.safetensors"))
    assert len(shards) == 2
    sizes = [path.stat().st_size for path in shards]
    assert max(sizes) < 1.1 * min(sizes)
    run(1, produce, *arguments)
    model = made(tmp_path)
    assert model.statistics["processes"] == 1
    assert [row["step"] for row in figures(model)] == list(range(1, STEPS + 1))


def torchrun(given, work, *options, **settings):
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    command += [*options, "-m", "codekiln.training", str(work / "recipe.toml")]
    command += ["--inputs", str(given["inputs"].path), "--tokenizer", str(given["tokenizer"].path)]
    command += ["--work", str(work)]
    for name, value in settings.items():
        command += ["--set", f"model.{name}={value}"]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def recipe(work):
    work.mkdir()
    lines = ["[model]", "depth = 1", f"tokens = {STEPS * 256}", "batch_tokens = 256", "threads = 1"]
    lines += ['precision = "fp32"', "checkpoint_seconds = 1e-9"]
    (work / "recipe.toml").write_text("\n".join(lines))
    return work


@pytest.mark.slow
def test_torchrun_starts_a_killed_worker_again(given, tmp_path):
    """The very command; with `--max-restarts` nobody needs to run it twice."""
    whole, disturbed = (recipe(tmp_path / name) for name in ("whole", "disturbed"))
    output, _ = ended(torchrun(given, whole))
    expected = json.loads(output)  # one object, of one process
    running = torchrun(given, disturbed, "--max-restarts", "1")
    kill_a_worker(running, disturbed, 4)
    output, errors = ended(running)
    assert running.returncode == 0, errors
    found = json.loads(output)
    assert "codekiln: Another process of this run was ended" in errors
    models = [open_artifact(Path(one["path"]), "model") for one in (found, expected)]
    assert figures(models[0]) == figures(models[1])
    assert len(figures(models[0])) == STEPS


def kill_a_worker(running, work, steps):
    end = time.monotonic() + PATIENCE
    while running.poll() is None and time.monotonic() < end:
        if rows_written(work) >= steps:
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            os.kill(int(children.read_text().split()[-1]), signal.SIGKILL)
            return
        time.sleep(0.005)
    raise AssertionError("it was over before it could be killed")


def ended(running):
    """Output and errors, once it has ended; if it hangs it is stopped, with its workers."""
    try:
        return running.communicate(timeout=2 * PATIENCE)
    finally:
        running.terminate()


@pytest.mark.slow
def test_torchrun_says_once_what_is_wrong(given, tmp_path):
    running = torchrun(given, recipe(tmp_path / "work"), batch_tokens=128 * 3)
    output, errors = ended(running)
    assert running.returncode == 1
    assert output == ""
    said = [line for line in errors.splitlines() if line.startswith("codekiln:")]
    assert len(said) == 1
    assert "A step of 3 rows cannot be shared evenly among 2 processes" in said[0]
