"""Histories: each step is what changed, oldest first, and only code counts."""

import shutil
import subprocess

import pytest

from codekiln.corpus.sources import FolderSource, parse_source
from codekiln.errors import SourceError
from codekiln.evaluate.replay.commits import as_it_stands, of_commits
from codekiln.evaluate.replay.history import Edit, code_of, of_hidden_lines, of_versions
from codekiln.evaluate.replay.stage import history_of, version_history
from histories import FIRST, OTHER, SECOND, THIRD, commit, small_repository


@pytest.fixture
def repository(tmp_path):
    return small_repository(tmp_path / "project")


def test_commits_become_steps_from_the_oldest_on(repository):
    history = of_commits(repository, 50)
    assert history.kind == "commits"
    assert history.start == {"module.py": FIRST}
    assert [step.edits for step in history.steps] == [
        (Edit("module.py", FIRST, SECOND), Edit("other.py", "", OTHER)),
        (Edit("module.py", SECOND, THIRD),),
        (Edit("tools/other.py", OTHER, OTHER, was="other.py"),),
    ]
    assert history.born == 1000
    assert [step.revision for step in history.steps][-1] == history.revision


def test_git_says_the_same_of_each_step(repository):
    history = of_commits(repository, 2)
    said = subprocess.run(
        ["git", "log", "-2", "--reverse", "--format=%H"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [step.revision for step in history.steps] == said
    assert history.start == {"module.py": SECOND, "other.py": OTHER}


def test_of_a_folder_inside_only_what_lies_in_it(repository):
    commit(repository, 5000, {"tools/more.py": FIRST, "module.py": FIRST})
    history = of_commits(repository / "tools", 1)
    assert history.start == {"tools/other.py": OTHER}
    assert [edit.path for step in history.steps for edit in step.edits] == ["tools/more.py"]
    assert history.place == f"{history.repository}/tools"
    whole = of_commits(repository, 1)
    assert (whole.revision, whole.place) == (history.revision, whole.repository)
    assert whole.state != history.state  # results of one are not those of the other


def test_a_merge_is_one_step_with_all_it_brought(repository):
    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(
            ["git", *identity, *arguments], cwd=repository, check=True, capture_output=True
        )

    git("checkout", "-q", "-b", "side")
    for number in range(2):
        (repository / f"side{number}.py").write_text(FIRST)
        git("add", ".")
        git("commit", "-q", "-m", "side")
    git("checkout", "-q", "-")
    (repository / "main.py").write_text(SECOND)
    git("add", ".")
    git("commit", "-q", "-m", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "side")
    *_, before, merge = of_commits(repository, 2).steps
    assert [edit.path for edit in before.edits] == ["main.py"]
    assert [edit.path for edit in merge.edits] == ["side0.py", "side1.py"]


def test_what_a_tool_did_to_many_files_is_not_typed(repository):
    commit(repository, 5000, {f"many/file{n}.py": FIRST for n in range(101)})
    commit(repository, 6000, {f"many/file{n}.py": SECOND for n in range(100)})
    assert [step.is_typed for step in of_commits(repository, 2).steps] == [False, True]


@pytest.mark.parametrize("commits", [1, 0])
def test_without_two_commits_lines_are_hidden(tmp_path, commits):
    from dulwich import porcelain

    porcelain.init(tmp_path).close()
    (tmp_path / "module.py").write_text(FIRST * 40)
    if commits:
        commit(tmp_path, 1000, {"module.py": FIRST * 40})
        (tmp_path / "ignored.py").write_text(FIRST)
    history = history_of(tmp_path, 50)
    assert history.kind == "hidden lines"
    assert set(history.start) == {"module.py"}


def test_a_history_without_code_gives_hidden_lines(repository):
    commit(repository, 4500, {"other.py": FIRST * 40})
    commit(repository, 5000, {"notes.txt": "more\n"})
    assert history_of(repository, 1).kind == "hidden lines"
    assert history_of(repository, 4).kind == "commits"


def test_a_tenth_of_the_lines_is_hidden_and_comes_back(tmp_path):
    text = "".join(f"value_{n} = {n}\n" for n in range(3000))
    (tmp_path / "module.py").write_text(text)
    history = of_hidden_lines(FolderSource("code", tmp_path))
    (step,) = history.steps
    (edit,) = step.edits
    assert edit.after == text
    assert edit.before == history.start["module.py"]
    kept = edit.before.splitlines()
    assert 0.06 < 1 - len(kept) / 3000 < 0.14
    lines = iter(text.splitlines())
    assert all(line in lines for line in kept)  # in their order
    assert of_hidden_lines(FolderSource("code", tmp_path), seed=1).start != history.start


def test_two_versions_are_one_step(tmp_path):
    for version, files in {
        "old": {"a": FIRST, "b": OTHER},
        "new": {"a": SECOND, "c": FIRST},
    }.items():
        (tmp_path / version).mkdir()
        for name, text in files.items():
            (tmp_path / version / f"{name}.py").write_text(text)
    history = of_versions(*(parse_source(str(tmp_path / v)) for v in ("old", "new")))
    (step,) = history.steps
    assert step.edits == (
        Edit("a.py", FIRST, SECOND),
        Edit("b.py", OTHER, ""),
        Edit("c.py", "", FIRST),
    )


def test_only_code_that_somebody_wrote_here(tmp_path):
    for name in ("a.py", "b.md", "c.min.js", "vendor/d.py", "e.json", "node_modules/f.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("first = 1\n")
    (tmp_path / "g.py").write_bytes(b"\0\1")
    (tmp_path / "h.py").write_bytes(b"name = '\xe9'\n")
    assert set(code_of(FolderSource("code", tmp_path))) == {"a.py"}


def test_files_near_a_change_are_read_first(tmp_path):
    for name in ("far/a.py", "near/b.py", "near/c.py", "z.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(FIRST)
    source = FolderSource("code", tmp_path)
    assert list(code_of(source, ["near/c.py"])) == ["near/c.py", "near/b.py", "far/a.py", "z.py"]
    assert list(code_of(source, ["near/c.py"], most=len(FIRST) + 1)) == ["near/c.py", "near/b.py"]
    assert list(code_of(source, most=1)) == ["far/a.py"]


def test_places_without_code_are_refused(tmp_path):
    with pytest.raises(SourceError, match="There is no folder"):
        history_of(tmp_path / "missing", 50)
    with pytest.raises(SourceError, match="is empty"):
        history_of(tmp_path, 50)
    (tmp_path / "image.png").write_bytes(bytes(range(256)))
    with pytest.raises(SourceError, match="holds no code"):
        history_of(tmp_path, 50)
    (tmp_path / "module.py").write_text(FIRST * 40)
    assert history_of(tmp_path, 50).start.keys() == {"module.py"}


def test_where_no_line_was_added_that_is_told(tmp_path):
    (tmp_path / "module.py").write_text("first = 1\n")
    with pytest.raises(SourceError, match="too little code to hide some of it"):
        history_of(tmp_path, 3)
    older, newer = (f"own:{tmp_path / name}" for name in ("older", "newer"))
    for name in ("older", "newer"):
        (tmp_path / name).mkdir()
        shutil.copy(tmp_path / "module.py", tmp_path / name)
    with pytest.raises(SourceError, match=r"no line of code was added: give two that differ"):
        version_history(older, older, tmp_path)
    (tmp_path / "newer" / "module.py").write_text("first = 1\nsecond = 2\n")
    assert version_history(older, newer, tmp_path).kind == "versions"


def test_what_git_ignores_is_none_of_the_code(repository):
    (repository / "built.py").write_text(FIRST)
    assert "built.py" not in code_of(as_it_stands(repository))
    assert "built.py" in code_of(FolderSource("code", repository))


def test_a_damaged_repository_is_said_to_be(repository):
    for path in (repository / ".git" / "objects").glob("??/*"):
        path.chmod(0o600)
        path.write_bytes(b"no object")
    with pytest.raises(SourceError, match="git fsck"):
        of_commits(repository, 50)
