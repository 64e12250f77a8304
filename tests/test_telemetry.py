"""Events reach whoever listens, in order; metrics survive a kill."""

import json
import math

import pytest

from codekiln.telemetry import Event, Metrics, listening, progress, read_metrics


def test_events_come_in_order():
    events: list[Event] = []
    with listening(events.append), progress("task", 10, "files") as task:
        task.advance()
        task.advance(4, loss=2.5, note="a")
        task.advance(5, loss=1.5)
    assert events == [
        Event("task", 0, 10, "files"),
        Event("task", 1, 10, "files"),
        Event("task", 5, 10, "files", figures={"loss": 2.5, "note": "a"}),
        Event("task", 10, 10, "files", figures={"loss": 1.5, "note": "a"}),
        Event("task", 10, 10, "files", finished=True, figures={"loss": 1.5, "note": "a"}),
    ]


def test_a_resumed_task_starts_where_it_stopped():
    events: list[Event] = []
    with listening(events.append), progress("task", 10, "rows", start=7) as task:
        task.advance(3)
    assert [(event.done, event.finished) for event in events] == [
        (7, False),
        (10, False),
        (10, True),
    ]


def test_without_a_total_and_without_a_listener_all_is_well():
    with progress("task") as task:
        task.advance()
    events: list[Event] = []
    with listening(events.append), progress("task"):
        pass
    assert [(event.total, event.unit) for event in events] == [(None, ""), (None, "")]


def test_listeners_nest_and_end_with_their_block():
    outer: list[str] = []
    inner: list[str] = []
    with listening(lambda event: outer.append(event.task)):
        with listening(lambda event: inner.append(event.task)), progress("both"):
            pass
        with progress("outer"):
            pass
    with progress("nobody"):
        pass
    assert outer == ["both", "both", "outer", "outer"]
    assert inner == ["both", "both"]


def break_after_one() -> None:
    with progress("broken", 2) as task:
        task.advance()
        raise RuntimeError


def test_a_broken_task_ends_and_leaves_no_listener():
    events: list[Event] = []
    with listening(events.append), pytest.raises(RuntimeError):
        break_after_one()
    assert [(event.done, event.finished) for event in events] == [
        (0, False),
        (1, False),
        (1, True),
    ]
    with progress("later"):
        pass
    assert len(events) == 3


def rows(count: int) -> list[dict[str, object]]:
    return [{"step": step, "loss": 1 / (step + 1), "note": "ü\u2028"} for step in range(count)]


def write(path, some, keep=lambda row: True) -> None:
    metrics = Metrics(path, keep=keep)
    for row in some:
        metrics.write(row)
    metrics.close()


def test_metrics_are_one_json_object_a_line_and_are_appended(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, rows(3))
    write(path, rows(5)[3:])
    assert [json.loads(line) for line in path.read_text().split("\n")[:-1]] == rows(5)
    assert read_metrics(path) == rows(5)
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_each_row_is_on_disk_at_once(tmp_path):
    metrics = Metrics(tmp_path / "metrics.jsonl", keep=lambda row: True)
    metrics.write({"step": 0})
    assert read_metrics(tmp_path / "metrics.jsonl") == [{"step": 0}]
    metrics.close()


def test_a_resumed_run_cuts_back_what_it_will_do_again(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, rows(10))
    write(path, [{"step": 4, "loss": 0.0}], keep=lambda row: row["step"] < 4)
    assert read_metrics(path) == [*rows(4), {"step": 4, "loss": 0.0}]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_last_row_cut_short_by_a_kill_is_left_out(tmp_path, cut):
    path = tmp_path / "metrics.jsonl"
    write(path, rows(3))
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_metrics(path) == rows(2)
    write(path, rows(3)[2:])
    assert read_metrics(path) == rows(3)


def test_a_loss_that_is_no_number_survives(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, [{"loss": math.nan}])
    assert math.isnan(read_metrics(path)[0]["loss"])
