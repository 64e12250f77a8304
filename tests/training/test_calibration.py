"""Budgets become steps once; threads and precision are chosen by a clock that the test turns."""

from types import SimpleNamespace

import pytest
import torch

from codekiln.training import ModelStageConfig, calibration
from codekiln.training.calibration import TIMED_STEPS, calibrate, settled

ROWS, LENGTH = 8, 128


class Machine:
    """A machine on which a step takes as long as `cost(rows, precision, threads)` says."""

    def __init__(self, monkeypatch, cost, cores=4):
        self.cost, self.now = cost, 0.0
        self.steps = []
        clock = SimpleNamespace(perf_counter=lambda: self.now)
        monkeypatch.setattr(calibration, "time", clock)
        monkeypatch.setattr(calibration, "core_count", lambda: cores)

    def step(self, rows, precision):
        self.steps.append((rows, precision))
        self.now += self.cost(rows, precision, torch.get_num_threads())

    def plan(self, **settings):
        return calibrate(ModelStageConfig(**settings), ROWS, LENGTH, self.step)


def even(rows, precision, threads):
    return 0.25


@pytest.mark.parametrize(
    ("tokens", "steps"), [(1, 1), (1024, 1), (2047, 1), (2048, 2), (102_400, 100)]
)
def test_a_budget_in_tokens(monkeypatch, tokens, steps):
    assert Machine(monkeypatch, even).plan(tokens=tokens).steps == steps


@pytest.mark.parametrize(("seconds", "steps"), [(0.125, 1), (0.5, 2), (10.125, 40)])
def test_a_budget_in_seconds(monkeypatch, seconds, steps):
    plan = Machine(monkeypatch, even).plan(seconds=seconds)
    assert (plan.steps, plan.seconds_per_step) == (steps, 0.25)


def test_the_time_of_a_whole_step_counts(monkeypatch):
    machine = Machine(monkeypatch, lambda rows, *_: rows / 8)
    assert machine.plan(seconds=20.0).steps == 20


def test_tokens_go_before_seconds(monkeypatch):
    machine = Machine(monkeypatch, even)
    assert machine.plan(tokens=10 * ROWS * LENGTH, seconds=5000.0).steps == 10


@pytest.mark.parametrize("fast", ["bf16", "fp32"])
def test_auto_takes_the_faster_precision(monkeypatch, fast):
    machine = Machine(monkeypatch, lambda _, precision, __: 0.25 if precision == fast else 0.5)
    plan = machine.plan(tokens=4096)
    assert (plan.precision, plan.seconds_per_step) == (fast, 0.25)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_a_named_precision_is_kept(monkeypatch, precision):
    machine = Machine(monkeypatch, even)
    assert machine.plan(tokens=4096, precision=precision).precision == precision
    assert {used for _, used in machine.steps} == {precision}


@pytest.mark.parametrize(("together", "expected"), [(0.5, 2), (0.125, 4)])
def test_half_the_threads_are_taken_where_they_are_faster(monkeypatch, together, expected):
    def cost(rows, precision, threads):
        return together if threads == 4 else 0.25

    plan = Machine(monkeypatch, cost).plan(tokens=4096)
    assert plan.threads == expected == torch.get_num_threads()


def test_a_named_number_of_threads_is_kept(monkeypatch):
    plan = Machine(monkeypatch, lambda _, __, threads: float(threads)).plan(tokens=1, threads=3)
    assert plan.threads == 3 == torch.get_num_threads()


class Compiling(Machine):
    """Here a step of compiled layers takes `then` seconds, or they cannot be compiled."""

    def __init__(self, monkeypatch, then):
        super().__init__(monkeypatch, lambda *_: then if self.compiles() else 0.25)
        self.then, self.asked = then, 0

    def compile(self):
        self.asked += 1

    def compiles(self):
        return self.asked and torch._dynamo.eval_frame._stance.stance == "default"

    def step(self, rows, precision):
        if self.compiles() and self.then is None:
            raise torch._dynamo.exc.TorchDynamoException
        super().step(rows, precision)

    def plan(self, **settings):
        return calibrate(ModelStageConfig(**settings), ROWS, LENGTH, self.step, self.compile)


@pytest.mark.parametrize(
    ("then", "compiled", "steps"), [(0.125, True, 8000), (0.5, False, 4000), (None, False, 4000)]
)
def test_a_long_run_is_compiled_where_that_is_faster(monkeypatch, then, compiled, steps):
    plan = Compiling(monkeypatch, then).plan(seconds=1000.0)
    assert (plan.compiled, plan.steps) == (compiled, steps)


@pytest.mark.parametrize("budget", [{"seconds": 599.0}, {"tokens": 599 * 4 * ROWS * LENGTH}])
def test_a_short_run_is_not_compiled(monkeypatch, budget):
    machine = Compiling(monkeypatch, 0.125)
    assert not machine.plan(**budget).compiled
    assert not machine.asked


def test_a_slow_machine_is_not_tried_for_long(monkeypatch):
    machine = Machine(monkeypatch, lambda *_: 15.0)
    machine.plan(tokens=4096)
    assert len(machine.steps) == 4 + 2


def test_on_a_gpu_there_is_nothing_to_try(monkeypatch):
    machine = Machine(monkeypatch, even)
    config = settled(ModelStageConfig(tokens=4096))
    plan = calibrate(config, ROWS, LENGTH, machine.step)
    assert (plan.threads, plan.precision, len(machine.steps)) == (4, "bf16", TIMED_STEPS)


def test_of_a_short_budget_little_is_spent_on_trying(monkeypatch):
    machine = Machine(monkeypatch, lambda *_: 1.0)
    machine.plan(seconds=60.0)
    short = machine.now
    assert short <= 15  # a round of four ways, and then as long again at most
    machine.now = 0.0
    machine.plan(seconds=6000.0)
    assert machine.now > short
