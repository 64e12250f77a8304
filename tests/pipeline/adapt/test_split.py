"""What is held out is the last changes, and nothing of them is in what may be learned."""

import pytest

from codekiln.corpus import documents
from codekiln.errors import CorpusError, SourceError
from codekiln.evaluate.replay.added import count_added, typed_edits
from codekiln.pipeline.adapt.split import LINES, comes_after, corpus_of, split
from histories import FIRST, SECOND, commit, small_repository


@pytest.fixture
def repository(tmp_path):
    return small_repository(tmp_path / "project")


def lines(name, count):
    return "".join(f"{name}_{n} = {n}\n" for n in range(count))


def test_the_last_commits_are_held_out_up_to_so_many_lines(repository):
    for number in range(5):
        commit(repository, 5000 + number, {f"m{number}.py": lines("value", LINES // 3)})
    history = split(repository)
    assert (history.kind, history.length) == ("commits", 3)
    assert sum(map(count_added, typed_edits(history))) == LINES
    assert set(history.start) == {"module.py", "tools/other.py", "m0.py", "m1.py"}


def test_a_last_commit_with_more_is_held_out_whole(repository):
    commit(repository, 5000, {"large.py": lines("value", LINES + 50)})
    history = split(repository)
    assert history.length == 1
    assert "large.py" not in history.start


def test_commits_without_code_are_passed_over(repository):
    commit(repository, 5000, {"notes.txt": "more\n"})
    commit(repository, 6000, {"notes.txt": "still more\n"})
    assert sum(map(count_added, typed_edits(split(repository)))) == 5


def test_without_a_history_lines_are_hidden(tmp_path):
    (tmp_path / "module.py").write_text(lines("value", 400))
    history = split(tmp_path)
    assert history.kind == "hidden lines"
    assert 300 < len(history.start["module.py"].splitlines()) < 400


def test_one_commit_is_no_history(tmp_path):
    from dulwich import porcelain

    porcelain.init(tmp_path).close()
    commit(tmp_path, 1000, {"module.py": lines("value", 400)})
    assert split(tmp_path).kind == "hidden lines"


def test_where_nothing_came_before_nothing_is_learned(tmp_path):
    from dulwich import porcelain

    porcelain.init(tmp_path / "young").close()
    commit(tmp_path / "young", 1000, {"README.md": "a project\n"})
    commit(tmp_path / "young", 2000, {"module.py": lines("value", 20)})
    history = split(tmp_path / "young")
    assert history.start == {}
    with pytest.raises(CorpusError, match="all code of the folder is held out"):
        corpus_of(history, tmp_path / "work")


def test_of_a_few_lines_none_can_be_held_out(tmp_path):
    (tmp_path / "module.py").write_text("first = 1\n")
    with pytest.raises(SourceError, match="too little code to hide some of it"):
        split(tmp_path)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_places_without_code_are_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"There is no folder|is empty"):
        split(tmp_path / name)


def test_the_corpus_is_what_came_before(repository, tmp_path):
    commit(repository, 5000, {"large.py": lines("value", LINES)})
    (repository / "module.py").write_text("changed = 1\n")  # and was not committed
    history = split(repository)
    found = {d.path: d.content for d in documents(corpus_of(history, tmp_path / "w"), "train")}
    assert found == dict(history.start)


def test_the_corpus_of_one_file_is_a_corpus_and_holds_no_secrets(tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    key = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
    (code / "module.py").write_text(f'token = "{key}"\n' + lines("value", 200))
    (document,) = documents(corpus_of(split(code), tmp_path / "w"), "train")
    assert "value_1" in document.content
    assert key not in document.content
    assert document.licence_from == "own"


def test_code_that_the_rules_refuse_is_told(tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    (code / "module.py").write_text(("x = [" + "1, " * 400 + "]\n") * 400)
    with pytest.raises(CorpusError, match="none is code we can read"):
        corpus_of(split(code), tmp_path / "w")


def test_a_commit_comes_after_those_it_was_made_on(repository):
    older = commit(repository, 5000, {"module.py": FIRST})
    newer = commit(repository, 6000, {"module.py": SECOND})
    assert comes_after(repository, newer, older)
    assert comes_after(repository, older, older)
    assert not comes_after(repository, older, newer)
    assert not comes_after(repository, newer, "0" * 40)
