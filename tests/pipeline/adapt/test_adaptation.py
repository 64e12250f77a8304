"""From a small repository to a decision, and on to later commits."""

import shutil
from pathlib import Path

import pytest
from dulwich import porcelain

from codekiln.artifact import find_artifact, open_artifact
from codekiln.errors import ArtifactError, UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import load_completer
from codekiln.index.folder import FolderIndex
from codekiln.pipeline.adapt import adapt
from codekiln.pipeline.adapt.earlier import LEARNED
from codekiln.pipeline.adapt.lessons import LESSONS
from codekiln.pipeline.adaptations import kept_model
from codekiln.pipeline.compress import compress
from codekiln.telemetry import listening
from codekiln.tokenizer import Tokenizer
from codekiln.training import TuningConfig
from histories import commit
from model_artifacts import model_artifact


def function(name):
    return (
        f"def {name}(first, second):\n    total = first + second\n"
        f"    print('{name}', total)\n    return total\n\n\n"
    )


def module(*names):
    return "".join(map(function, names))


@pytest.fixture(autouse=True, scope="module")
def _quick():
    """A few steps, however many minutes there are, and few lines, on which all that is new is a gain."""

    def steps(**_):
        return TuningConfig(
            rank=4, learning_rate=1e-2, epochs=1.0, batch_tokens=2048, precision="fp32", threads=1
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("codekiln.pipeline.adapt.learning.TuningConfig", steps)
        for module in ("split", "contest"):
            patch.setattr(f"codekiln.pipeline.adapt.{module}.LINES", 12)
        patch.setattr("codekiln.pipeline.adapt.verdict.is_gain", lambda _: True)
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("base"))


def project(root):
    root.mkdir()
    porcelain.init(root).close()
    files = {f"m{n}.py": module(*(f"add_{n}_{k}" for k in range(8))) for n in range(4)}
    commit(root, 1000, files)
    commit(root, 2000, {"held.py": module(*(f"held_{k}" for k in range(5)))})
    return root


@pytest.fixture(scope="module")
def made(base, tmp_path_factory):
    """The repository, its work folder and what was found, all within two minutes by a clock that stands."""
    home = tmp_path_factory.mktemp("adapted")
    root = project(home / "project")
    found = adapt(root, base.path, home / "work", minutes=2, clock=lambda: 0.0)
    return root, home / "work", found


def test_it_says_what_is_kept_and_why(made, base):
    _, _, found = made
    facts = found.statistics
    assert (facts["kind"], facts["commits"]) == ("commits", 1)
    assert 10 <= facts["lines"] <= 20
    assert {row["system"] for row in facts["table"]} >= {"base", "base + index"}
    assert facts["kept"] in {row["system"] for row in facts["table"]}
    assert set(facts["gains"]) >= {"index"}
    assert (facts["kept"], facts["uses_index"]) == ("tuned + index", True)
    assert open_artifact(Path(facts["model"])).path != base.path


def test_nothing_of_what_was_held_out_was_learned(made):
    _, work, found = made
    (lessons,) = (open_artifact(path) for path in work.glob("lessons/*") if path.is_dir())
    facts = open_artifact(lessons.path, LESSONS.name)
    assert facts.statistics["files"] == 4
    (code,) = work.glob("before/*/code.jsonl")
    assert "held_" not in code.read_text()
    assert found.statistics["learned"] != found.statistics["revision"]


def test_the_index_is_of_the_folder_as_it_is_now(made, base):
    root, work, _ = made
    with FolderIndex.open(root, Tokenizer.load(base.path), work) as index:
        assert {o.path for s in index.index.shards for o in s.origins} == {
            *(f"m{n}.py" for n in range(4)),
            "held.py",
        }


def test_what_is_kept_completes(made):
    _, _, found = made
    request = CompletionRequest("def add(first, second):\n", max_tokens=4)
    completer = load_completer(Path(found.statistics["model"]))
    assert collect(completer, request).timings.generated_tokens > 0


def test_a_server_finds_what_is_kept(made, tmp_path):
    root, work, found = made
    assert kept_model(root, work) == Path(found.statistics["model"])
    assert kept_model(tmp_path, work) is None
    assert kept_model(root, tmp_path / "none") is None
    broken = work / "adaptation" / "broken-00000000"
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    assert kept_model(root, work) == Path(found.statistics["model"])  # another's is not in the way
    broken.joinpath("manifest.json").unlink()
    broken.rmdir()


def test_a_model_that_is_gone_is_told(base, tmp_path, monkeypatch):
    """Found from any folder, and not replaced by another in silence."""
    root = project(tmp_path / "project")
    copy = shutil.copytree(base.path, tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    adapt(root, copy, Path("work"), clock=lambda: 0.0)
    monkeypatch.chdir(root)
    assert kept_model(Path(), tmp_path / "work") == copy
    shutil.rmtree(copy)
    with pytest.raises(ArtifactError, match="adapt it anew, or name a --model"):
        kept_model(root, tmp_path / "work")


def test_it_is_found_again(made, base):
    root, work, found = made
    again = adapt(root, base.path, work, minutes=2, clock=lambda: 7.0)
    assert again.path == found.path


def finished(work, stage):
    return [p for p in (work / stage).glob("*") if p.is_dir() and p.suffix != ".partial"]


def test_a_run_that_was_killed_goes_on(base, tmp_path):
    """While it tunes, and while the tuned model types."""
    root, work = project(tmp_path / "project"), tmp_path / "work"

    def killed_in(task):
        def listener(event):
            is_tuned = bool(finished(work, "adapter"))
            if event.task == task and event.done > 0 and is_tuned == (task == "replay"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), listening(listener):
            adapt(root, base.path, work, minutes=2, clock=lambda: 0.0)

    killed_in("training")
    (first,) = finished(work, "results")
    killed_in("replay")
    (adapter,) = finished(work, "adapter")
    found = adapt(root, base.path, work, minutes=2, clock=lambda: 0.0)
    assert first in finished(work, "results")
    assert finished(work, "adapter") == [adapter]
    assert not list(work.rglob("*.partial"))
    assert "tuning" in found.statistics["gains"]


def test_without_minutes_nothing_is_tuned(base, tmp_path):
    root = project(tmp_path / "project")
    found = adapt(root, base.path, tmp_path / "work", clock=lambda: 0.0).statistics
    assert "--minutes" in found["why_not_tuned"]
    assert {row["system"] for row in found["table"]} == {"base", "base + index"}
    assert not (tmp_path / "work" / "adapter").exists()


def test_a_folder_with_too_little_code_is_not_tuned(base, tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "one.py").write_text("first = 1\nsecond = 2\nthird = 3\n" * 20)
    found = adapt(root, base.path, tmp_path / "work", minutes=2, clock=lambda: 0.0).statistics
    assert found["kind"] == "hidden lines"
    assert "too little new code" in found["why_not_tuned"]
    assert found["kept"].startswith("base")


class TestUpdate:
    """Later commits, learned on top."""

    def test_it_learns_what_is_new_with_replay(self, made, base):
        root, work, found = made
        commit(root, 3000, {"new.py": module(*(f"new_{k}" for k in range(20)))})
        commit(root, 4000, {"last.py": module(*(f"last_{k}" for k in range(5)))})
        again = adapt(root, None, work, update=True, clock=lambda: 0.0)
        facts = again.statistics
        assert again.path != found.path
        assert facts["origin"] == found.statistics["origin"] == base.fingerprint
        assert facts["minutes"] == 2
        examples = find_artifact(work, "examples", facts["examples"])
        earlier = find_artifact(work, "examples", found.statistics["examples"])
        assert examples
        assert earlier
        assert examples.path != earlier.path
        adapters = [open_artifact(p) for p in work.glob("adapter/*") if p.is_dir()]
        assert any(one.manifest["inputs"].get("old") == earlier.fingerprint for one in adapters)
        corpora = [p.read_text() for p in work.glob("before/*/code.jsonl")]
        assert any("new_1" in text and "held_1" in text for text in corpora)
        assert not any("last_1" in text for text in corpora)
        # and there is nothing new now
        assert adapt(root, None, work, update=True, clock=lambda: 0.0).path == again.path

    def test_what_was_learned_in_vain_is_learned_again(self, base, tmp_path, monkeypatch):
        """The base that was kept has not learned it."""
        root, work = project(tmp_path / "project"), tmp_path / "work"
        with monkeypatch.context() as patch:
            patch.setattr("codekiln.pipeline.adapt.verdict.is_gain", lambda _: False)
            found = adapt(root, base.path, work, minutes=2, clock=lambda: 0.0)
        assert found.statistics["kept"] == "base"
        commit(root, 3000, {"new.py": module(*(f"new_{k}" for k in range(5)))})
        adapt(root, None, work, update=True, clock=lambda: 0.0)
        lessons = [open_artifact(path) for path in work.glob("lessons/*") if path.is_dir()]
        assert sorted(one.statistics["files"] for one in lessons) == [4, 5]
        adapters = [open_artifact(path) for path in work.glob("adapter/*") if path.is_dir()]
        assert not any("old" in one.manifest["inputs"] for one in adapters)

    def test_what_a_kept_model_knows_is_not_forgotten_by_an_update_in_vain(
        self, base, tmp_path, monkeypatch
    ):
        root, work = project(tmp_path / "project"), tmp_path / "work"
        first = adapt(root, base.path, work, minutes=2, clock=lambda: 0.0)
        commit(root, 3000, {"new.py": module(*(f"new_{k}" for k in range(20)))})
        with monkeypatch.context() as patch:
            patch.setattr("codekiln.pipeline.adapt.verdict.is_gain", lambda _: False)
            second = adapt(root, None, work, update=True, clock=lambda: 0.0)
        assert second.statistics["model"] == first.statistics["model"]
        known = [{name: one.statistics[name] for name in LEARNED} for one in (first, second)]
        assert known[0] == known[1]
        assert all(known[0].values())

    def test_what_was_not_adapted_is_not_updated(self, base, tmp_path):
        root = project(tmp_path / "project")
        with pytest.raises(UsageError, match="was not adapted yet"):
            adapt(root, base.path, tmp_path / "work", update=True)

    def test_without_a_history_there_are_no_new_commits(self, base, tmp_path):
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "one.py").write_text(module("a", "b") * 9)
        with pytest.raises(UsageError, match="has no history of commits"):
            adapt(tmp_path / "project", base.path, tmp_path / "work", update=True)

    def test_another_base_is_refused(self, base, tmp_path):
        root, work = project(tmp_path / "project"), tmp_path / "work"
        adapt(root, base.path, work, clock=lambda: 0.0)
        other = compress(base.path, tmp_path / "other")
        with pytest.raises(UsageError, match="adapted from another base"):
            adapt(root, other.path, work, update=True, clock=lambda: 0.0)
        assert adapt(root, base.path, work, update=True, clock=lambda: 0.0)

    def test_an_adapter_is_no_base(self, made, tmp_path):
        root, work, _ = made
        adapter = next(path for path in work.glob("adapter/*") if path.is_dir())
        with pytest.raises(ArtifactError, match="is an artifact of 'adapter'"):
            adapt(root, adapter, tmp_path / "work", clock=lambda: 0.0)

    def test_a_history_that_was_written_anew_is_refused(self, base, tmp_path):
        root, work = project(tmp_path / "project"), tmp_path / "work"
        adapt(root, base.path, work, clock=lambda: 0.0)
        for path in (root / ".git" / "refs" / "heads").glob("*"):
            path.unlink()  # as an orphan branch would begin
        commit(root, 5000, {"m0.py": module("a", "b")})
        commit(root, 6000, {"m0.py": module("a", "b", "c")})
        with pytest.raises(UsageError, match="was written anew"):
            adapt(root, None, work, update=True, clock=lambda: 0.0)
