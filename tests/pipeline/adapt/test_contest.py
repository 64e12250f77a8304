"""The contest: four systems, the same lines, and no longer than it may take."""

import pytest

from codekiln.errors import SourceError
from codekiln.evaluate.results import open_results
from codekiln.pipeline.adapt.contest import BASE, TUNED, contest
from codekiln.pipeline.adapt.split import split
from histories import commit, small_repository
from model_artifacts import model_artifact


@pytest.fixture
def history(tmp_path):
    root = small_repository(tmp_path / "project")
    commit(root, 5000, {"more.py": "".join(f"value_{n} = {n}\n" for n in range(60))})
    return split(root)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("models"))


class Clock:
    """Each look at it takes so long."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def lines(artifact):
    return {item.item for item in open_results(artifact.path)[1]}


def test_the_tuned_model_types_the_lines_that_the_base_did(history, model, tmp_path):
    first = contest(history, model, BASE, 6, tmp_path, Clock(0.2))
    assert 0 < len(lines(first)) < 60
    second = contest(history, model, TUNED, 100, tmp_path, Clock(0), first)
    assert lines(first) <= lines(second)
    assert len(lines(second) - lines(first)) < 8  # the rest of a run that was broken off
    systems = {i.system for a in (first, second) for i in open_results(a.path)[1]}
    assert systems == {"base", "base + index", "tuned", "tuned + index"}


def test_time_is_kept(history, model, tmp_path):
    clock = Clock(0.2)
    contest(history, model, BASE, 6, tmp_path, clock)
    assert clock.now < 8


def test_it_is_found_again(history, model, tmp_path):
    first = contest(history, model, BASE, 6, tmp_path, Clock(0.2))
    clock = Clock(0.2)
    assert contest(history, model, BASE, 6, tmp_path, clock).path == first.path
    assert clock.now == 0


def test_without_time_for_a_line_it_says_so(history, model, tmp_path):
    with pytest.raises(SourceError, match="give it more"):
        contest(history, model, BASE, 1, tmp_path, Clock(50))
