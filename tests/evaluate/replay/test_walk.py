"""A walk: at every line the index and the file hold what was there by then, and nothing later."""

import hashlib

import pytest

from codekiln.errors import UsageError
from codekiln.evaluate.replay.commits import of_commits
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.pace import Pace
from codekiln.evaluate.replay.systems import System, system, system_names
from codekiln.evaluate.replay.typist import Answer
from codekiln.evaluate.replay.walk import walk
from codekiln.generate import CompletionChunk
from codekiln.generate.engine_completer import EngineCompleter
from fakes import FakeCompleter, saying, tiny_tokenizer
from histories import FIRST, OTHER, SECOND, THIRD, commit, small_repository


@pytest.fixture
def repository(tmp_path):
    return small_repository(tmp_path / "project")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Watcher(System):
    """A system that shows nothing, and writes down what the index held when it was asked."""

    def __init__(self, index):
        super().__init__("watcher", FakeCompleter(["x"]), 100)
        self.index, self.seen = index, []

    def __call__(self, line, typed):
        held = {origin.path: origin.sha256 for origin in self.index.origins()}
        self.seen.append((line.path, line.number, held))
        return Answer("", 0.0)


def walked(repository, pace=None):
    index = GrowingIndex(tiny_tokenizer(), "project")
    watcher = Watcher(index)
    found = list(walk(of_commits(repository, 50), index, [watcher], pace or Pace()))
    return found, watcher


def test_every_added_line_comes_once_in_order(repository):
    found, _ = walked(repository)
    assert [(one.line.path, one.line.number, one.line.text) for one in found] == [
        ("module.py", 5, "def second(items):"),
        ("module.py", 6, "return items[1]"),
        ("other.py", 1, "from module import first"),
        ("other.py", 3, "print(first([1, 2, 3]))"),
        ("module.py", 2, "return items[-1]"),
    ]


def test_the_index_is_of_the_moment(repository):
    _, watcher = walked(repository)
    held = {(path, number): files for path, number, files in watcher.seen}
    assert held["module.py", 6] == {"module.py": digest(FIRST)}
    assert held["other.py", 3] == {"module.py": digest(SECOND)}
    assert held["module.py", 2] == {"module.py": digest(SECOND), "other.py": digest(OTHER)}
    last = {origin.path: origin.sha256 for origin in watcher.index.origins()}
    assert last == {"module.py": digest(THIRD), "tools/other.py": digest(OTHER)}


def test_no_file_of_the_future_is_ever_in_it(repository):
    texts = [f"{SECOND}\n\ndef number_{n}():\n    return {n}\n" for n in range(12)]
    for n, text in enumerate(texts):
        commit(repository, 5000 + n, {"module.py": text, f"file{n}.py": text})
    _, watcher = walked(repository)
    past = {digest(text) for text in (FIRST, SECOND, THIRD, OTHER)}
    numbers = {digest(text): n for n, text in enumerate(texts)}
    step = -1
    for path, _, held in watcher.seen:
        step = max(step, int(path[4:-3]) if path.startswith("file") else step)
        assert all(d in past or numbers[d] <= step for d in held.values())
    assert step == 11


@pytest.mark.parametrize("names", [("a.py", "b.py", "c.py"), ("c.py", "b.py", "a.py")])
def test_a_file_whose_old_text_went_on_elsewhere_stays_in_it(repository, names):
    first, second, third = names
    texts = ["".join(f"{name}{n} = {n}\n" for n in range(40)) for name in ("some", "other")]
    commit(repository, 5000, {first: texts[0], second: texts[1]})
    commit(repository, 6000, {first: None, second: texts[0], third: texts[1]})
    commit(repository, 7000, {"last.py": "last = 1\n"})
    _, watcher = walked(repository)
    typed = [held for path, _, held in watcher.seen if path == second and third in held]
    assert all(second in held for held in typed)
    _, _, held = watcher.seen[-1]
    kept = {path: sha256 for path, sha256 in held.items() if path in names}
    assert kept == {second: digest(texts[0]), third: digest(texts[1])}


def test_lines_are_new_if_they_stood_nowhere_in_the_older_version(repository):
    commit(repository, 5000, {"last.py": "print(first([1, 2, 3]))\nprint(first([4]))\n"})
    found, _ = walked(repository)
    new = {(one.line.path, one.line.text): one.is_new for one in found}
    assert not new["last.py", "print(first([1, 2, 3]))"]  # moved about, but known
    assert new["last.py", "print(first([4]))"]
    assert new["module.py", "return items[-1]"]


def test_a_bounded_walk_keeps_the_index_at_the_moment_of_each_line(repository):
    found, watcher = walked(repository, Pace(lines=1))
    assert len(found) == 1
    assert watcher.seen[0][2] == {"module.py": digest(FIRST)}


def test_what_a_tool_did_is_in_the_index_and_not_typed(repository):
    commit(repository, 5000, {f"many/file{n}.py": FIRST for n in range(101)})
    commit(repository, 6000, {"last.py": "last = 1\n"})
    found, watcher = walked(repository)
    assert not [one for one in found if one.line.path.startswith("many")]
    path, _, held = watcher.seen[-1]
    assert path == "last.py"
    assert held["many/file100.py"] == digest(FIRST)


def test_systems_are_asked_with_what_is_around_the_cursor(repository):
    completer = FakeCompleter(["second(items):"])
    index = GrowingIndex(tiny_tokenizer(), "project")
    contexts = []

    def context(line):
        contexts.append(line.number)
        return "# from elsewhere\n"

    one = System("fake", completer, 100, context)
    first, *_ = walk(of_commits(repository, 50), index, [one], Pace())
    request = completer.requests[1]
    assert request.prefix == f"{FIRST}\n\ndef"
    assert request.suffix == ""
    assert (request.path, request.language, request.lines) == ("module.py", "python", 1)
    assert (request.max_prompt_tokens, request.context) == (100, "# from elsewhere\n")
    assert contexts == [5, 6, 1, 3, 2]  # once a line
    assert first.said["fake"][0].typed == 0


def test_only_what_parses_is_shown(repository):
    index = GrowingIndex(tiny_tokenizer(), "project")
    broken = System("fake", FakeCompleter(["return )items("]), 100)
    whole = System("whole", FakeCompleter(["return items"]), 100)
    (line,) = walk(of_commits(repository, 2), index, [broken, whole], Pace())
    assert line.said["fake"][0].text == "return"
    assert line.said["whole"][0].text == "return items"


@pytest.mark.parametrize("name", ["model", "open file", "retrieved", "mixed", "index"])
def test_each_system_completes(repository, name):
    tokenizer = tiny_tokenizer()
    index = GrowingIndex(tokenizer, "project")
    ids = tokenizer.encode("pass")
    engine = saying(ids, tokenizer.vocabulary_size, 4000)
    one = system(name, engine, tokenizer, index, 200)
    found = list(walk(of_commits(repository, 50), index, [one], Pace()))
    assert len(found) == 5
    assert all(one.answer is None or one.answer.milliseconds > 0 for one in found[0].said[name])


@pytest.mark.parametrize(
    ("name", "draws", "shows"),
    [
        ("model", False, False),
        ("retrieved", False, True),
        ("mixed", True, False),
        ("index", True, True),
    ],
)
def test_what_each_system_takes_from_the_index(repository, monkeypatch, name, draws, shows):
    """The index is mixed in, and pieces of it are in the prompt, those of the open file among them."""
    lines = "".join(f"def number_{n}(items):\n    return items[{n}]\n\n\n" for n in range(30))
    commit(repository, 5000, {"module.py": lines, "other.py": lines.replace("items", "things")})
    commit(repository, 6000, {"module.py": f"{lines}def number_30(items):\n    return 1\n"})
    seen = []

    def completed(self, request):
        held = {
            origin.path
            for shard in getattr(self.index, "shards", ())
            for origin in (shard.origins[n] for n in shard.documents())
        }
        seen.append((held, request.context))
        return iter([CompletionChunk("", (), (), "end")])

    monkeypatch.setattr(EngineCompleter, "complete", completed)
    tokenizer = tiny_tokenizer()
    index = GrowingIndex(tokenizer, "project")
    one = system(name, saying([0], tokenizer.vocabulary_size, 4000), tokenizer, index, 1000)
    list(walk(of_commits(repository, 1), index, [one], Pace()))
    assert seen
    for held, context in seen:
        assert ("other.py" in held) == draws
        assert ("things" in context) == shows


def test_names_of_systems():
    assert system_names(["index", "model", "index"]) == ("model", "index")
    with pytest.raises(UsageError, match="no system 'bert'"):
        system_names(["bert"])
