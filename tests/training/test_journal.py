"""The rows of a run for TensorBoard: readable, cut where a run resumes, and silent about the machine."""

import socket
import sys

import pytest

from codekiln.artifact import produce
from codekiln.errors import MissingExtraError
from codekiln.telemetry import listening, read_metrics
from codekiln.training import ModelStageConfig, stage
from codekiln.training.journal import journal

SETTINGS = {
    "depth": 1,
    "tokens": 16 * 512,
    "batch_tokens": 512,
    "threads": 1,
    "precision": "fp32",
} | {"checkpoint_seconds": 1e-9}


def scalars(folder):
    """Points of each curve as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_a_training_that_was_stopped_leaves_one_curve(given, tmp_path):
    def listener(event):
        if event.task == "training" and event.done >= 9:
            raise KeyboardInterrupt

    config = ModelStageConfig(**SETTINGS, tensorboard=True)
    with pytest.raises(KeyboardInterrupt), listening(listener):
        produce(stage.STAGE, config, given, tmp_path, "m")
    model = produce(stage.STAGE, config, given, tmp_path, "m")
    found, rows = scalars(model.path / "tensorboard"), read_metrics(model.file("metrics.jsonl"))
    for name in ("loss", "held_out_loss", "gradient_norm", "rate_scale"):
        wanted = [(row["step"], pytest.approx(row[name])) for row in rows if name in row]
        assert len(wanted) > 5
        assert found[name] == wanted
    assert "skipped" not in found
    events = sorted(path.name for path in model.files("tensorboard/"))
    assert events == ["events.out.tfevents.000000", "events.out.tfevents.000001"]
    assert all(socket.gethostname().encode() not in p.read_bytes() for p in model.files("tensorb"))


def test_a_step_without_a_loss_leaves_no_point(tmp_path):
    with journal(tmp_path, 0, tensorboard=True) as write:
        write({"step": 1, "loss": 2.0})
        write({"step": 2, "loss": None, "gradient_norm": None, "skipped": 1})
        write({"step": 3, "loss": 1.0})
    assert scalars(tmp_path / "tensorboard") == {
        "loss": [(1, 2.0), (3, 1.0)],
        "skipped": [(2, 1.0)],
    }
    assert [row["loss"] for row in read_metrics(tmp_path / "metrics.jsonl")] == [2.0, None, 1.0]


def test_it_is_written_only_where_it_is_wanted(tmp_path):
    with journal(tmp_path, 0, tensorboard=False) as write:
        write({"step": 1, "loss": 2.0})
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_without_tensorboard_the_install_line_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    remedy = r"model\.tensorboard needs .* pip install 'codekiln\[tensorboard\]'"
    with pytest.raises(MissingExtraError, match=remedy), journal(tmp_path, 0, tensorboard=True):
        pass
    with journal(tmp_path, 0, tensorboard=False) as write:
        write({"step": 1, "loss": 2.0})
