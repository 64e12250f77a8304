"""The road: what is found is not built again, what was stopped goes on, what is damaged is told."""

import shutil
import sys

import pytest

from codekiln.corpus import CorpusConfig
from codekiln.errors import ArtifactError, BusyError, MissingExtraError
from codekiln.evaluate.stage import EvaluationConfig
from codekiln.inputs.stage import InputsConfig
from codekiln.pipeline.recipe import Recipe
from codekiln.pipeline.run import run
from codekiln.telemetry import listening
from codekiln.tokenizer.stage import TokenizerConfig
from codekiln.training import ModelStageConfig

STAGES = ["corpus", "tokenizer", "inputs", "model", "index", "evaluation", "report"]
FUNCTION = "def {name}_{n}(first, second):\n    return first * {n} + second\n\n\n"


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    root = tmp_path_factory.mktemp("code")
    for name in ("alpha", "beta", "gamma", "delta"):
        text = "".join(FUNCTION.format(name=name, n=n) for n in range(30))
        (root / f"{name}.py").write_text(text)
    return root


def recipe_of(code, **changes):
    tables = {
        "corpus": CorpusConfig(sources=(f"own:{code}",), near_duplicates=1.0),
        "tokenizer": TokenizerConfig(vocabulary=300),
        "inputs": InputsConfig(row_length=128),
        "model": ModelStageConfig(depth=1, tokens=4 * 512, batch_tokens=512),
        "evaluation": EvaluationConfig(completions=1, max_tokens=4),
    }
    return Recipe(**(tables | changes))


@pytest.fixture(scope="module")
def made(code, tmp_path_factory):
    return run(recipe_of(code), tmp_path_factory.mktemp("work") / "deep" / "work")


@pytest.fixture
def work(made, tmp_path):
    """A copy of the finished work folder."""
    return shutil.copytree(made["corpus"].path.parents[1], tmp_path / "work")


def states(work):
    return {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.suffix != ".lock"}


class Seen:
    """The names of the tasks that were announced; stops the run at one of them."""

    def __init__(self, stop=None):
        self.tasks, self._stop = [], stop

    def __call__(self, event):
        if event.task not in self.tasks:
            self.tasks.append(event.task)
        if event.task == self._stop and event.done:
            raise KeyboardInterrupt


def test_every_stage_leaves_a_whole_artifact(code, made):
    assert list(made) == STAGES
    for stage, artifact in made.items():
        assert artifact.stage == stage
        artifact.verify()
    road = {stage: set(artifact.manifest["inputs"]) for stage, artifact in made.items()}
    assert {spec.removeprefix("own:") for spec in road["corpus"]} == {str(code)}
    assert road["model"] == {"tokenizer", "inputs"}
    assert road["index"] == {"corpus", "tokenizer"}
    assert road["evaluation"] == {"corpus", "model", "index"}
    assert road["report"] == set(STAGES) - {"report"}


def test_a_second_run_does_nothing(code, work, made):
    before, seen = states(work), Seen()
    with listening(seen):
        again = run(recipe_of(code), work)
    assert seen.tasks == []
    assert states(work) == before
    assert [a.fingerprint for a in again.values()] == [a.fingerprint for a in made.values()]


def test_only_what_follows_a_change_is_done_again(code, work, made):
    with listening(seen := Seen()):
        again = run(recipe_of(code, evaluation=EvaluationConfig(completions=2, max_tokens=4)), work)
    assert "training" not in seen.tasks
    changed = [stage for stage in STAGES if again[stage].fingerprint != made[stage].fingerprint]
    assert changed == ["evaluation", "report"]


def test_changed_code_is_read_again(code, work, tmp_path):
    other = shutil.copytree(code, tmp_path / "other")
    (other / "alpha.py").write_text("print('changed')\n")
    with listening(seen := Seen("sources")), pytest.raises(KeyboardInterrupt):
        run(recipe_of(other), work)
    assert seen.tasks == ["sources"]


def test_a_stopped_run_goes_on(code, tmp_path):
    recipe, work = recipe_of(code), tmp_path / "work"
    with listening(Seen("training")), pytest.raises(KeyboardInterrupt):
        run(recipe, work)
    assert len(list((work / "model").glob("*.partial"))) == 1
    assert not list(work.glob("model/*/manifest.json"))
    before = states(work / "corpus") | states(work / "tokenizer") | states(work / "inputs")
    with listening(seen := Seen()):
        made = run(recipe, work)
    assert seen.tasks[0] == "training"
    assert list(made) == STAGES
    after = states(work / "corpus") | states(work / "tokenizer") | states(work / "inputs")
    assert after == before
    assert not list(work.rglob("*.partial"))


def test_a_damaged_corpus_is_not_built_upon(code, work):
    shutil.rmtree(work / "tokenizer")
    (file,) = work.glob("corpus/*/split.json")
    content = file.read_bytes()
    file.write_bytes(content.replace(b"alpha", b"aleph"))
    with pytest.raises(ArtifactError, match=r"split\.json is not what was written"):
        run(recipe_of(code), work)
    file.write_bytes(content)
    assert list(run(recipe_of(code), work)) == STAGES


def test_two_at_once_do_not_meet(code, tmp_path):
    recipe, work = recipe_of(code), tmp_path / "work"

    def listener(event):
        if not event.done:
            return
        with pytest.raises(BusyError, match="wait for it, or choose another --work"):
            run(recipe, work)
        raise KeyboardInterrupt

    with listening(listener), pytest.raises(KeyboardInterrupt):
        run(recipe, work)


def test_without_torch_nothing_is_begun(code, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'codekiln\[train\]'"):
        run(recipe_of(code), tmp_path / "work")
    assert not (tmp_path / "work").exists()
