"""Bug fixes of histories: from a repository of git to examples, and why others are none."""

from collections import Counter

import pytest
from dulwich import porcelain

from codekiln.corpus.sources.commits import changes
from codekiln.tasks.example import Origin
from codekiln.tasks.fix.commits import WINDOW, Edited, fixes, says_fix
from codekiln.tasks.fix.patch import Patch

BEFORE = "def last(items):\n    return items[len(items)]\n"
AFTER = "def last(items):\n    return items[len(items) - 1]\n"
FIX = "Fix off-by-one in last (#12)\n\nIt raised IndexError.\n\nCloses: #12\n"


def of(*edits):
    counts = Counter()
    changed = [
        Edited(Origin("s", "r", path, "MIT", language, commit), message, before, after)
        for commit, message, path, language, before, after in edits
    ]
    return list(fixes(changed, counts)), counts


def test_a_fix_is_an_example():
    (example,), counts = of(("1", FIX, "src/a.py", "python", BEFORE, AFTER))
    assert example.message == "Fix off-by-one in last\nIt raised IndexError.\n"
    assert Patch.parse(example.target).apply(example.code) == AFTER
    assert (example.kind, example.code, example.origin.commit) == ("commit", BEFORE, "1")
    assert counts == {"kept": 1}


@pytest.mark.parametrize(
    ("reason", "edit"),
    [
        ("message is of no fix", ("Add last", "a.py", "python", BEFORE, AFTER)),
        ("tests alone", ("Fix it", "tests/a.py", "python", BEFORE, AFTER)),
        ("no code", ("Fix it", "a.md", "markdown", BEFORE, AFTER)),
        ("empty file", ("Fix it", "a.py", "python", "", AFTER)),
        ("empty file", ("Fix it", "a.py", "python", BEFORE, " \n")),
        ("comments or layout alone", ("Fix it", "a.py", "python", AFTER, AFTER + "# more\n\n")),
        ("too large a change", ("Fix it", "a.py", "python", BEFORE, AFTER + "x = 1\n" * 20)),
        ("does not parse", ("Fix it", "a.py", "python", BEFORE.replace(":", ""), AFTER)),
    ],
)
def test_what_is_no_example(reason, edit):
    assert of(("1", *edit)) == ([], {reason: 1})


def test_several_files_of_code_are_none_but_a_test_beside_it_is_no_matter():
    code = ("1", FIX, "a.py", "python", BEFORE, AFTER)
    assert of(code, ("1", FIX, "b.py", "python", BEFORE, AFTER))[1] == {"several files": 1}
    assert of(code, ("1", FIX, "tests/test_a.py", "python", "x = 1\n", "x = 2\n"))[1] == {"kept": 1}


def test_a_commit_counts_where_its_one_file_of_code_is():
    def found(*edits):
        counts = Counter()
        changed = [
            Edited(Origin("s", "r", path, "MIT", "python", "1"), FIX, BEFORE, AFTER, is_ours)
            for path, is_ours in edits
        ]
        return len(list(fixes(changed, counts))), counts

    assert found(("a.py", True), ("b/b.py", False)) == (0, {"several files": 1})
    assert found(("a.py", True), ("tests/test_a.py", False)) == (1, {"kept": 1})
    assert found(("a.py", False), ("tests/test_a.py", True)) == (0, {"tests alone": 1})
    assert found(("a.py", False), ("b/b.py", False)) == (0, {})


def test_a_long_file_is_cut_around_the_change_and_not_at_its_middle():
    places = set()
    for commit in range(30):
        lines = [f"x{n} = {n}\n" for n in range(1000)]
        before = "".join(lines)
        lines[500] = "x500 = 5\n"
        (example,), _ = of((str(commit), "Fix x500", "a.py", "python", before, "".join(lines)))
        assert example.code.count("\n") in (WINDOW - 1, WINDOW)
        assert "x500 = 5" in Patch.parse(example.target).apply(example.code)
        places.add(Patch.parse(example.target).lines.start)
    assert len(places) > 10
    assert max(places) - min(places) > WINDOW // 2


@pytest.mark.parametrize(
    ("message", "is_fix"),
    [
        ("Fix crash when the list is empty", True),
        ("bugfix: wrong sign in area", True),
        ("Handle a regression in parsing", True),
        ("修复空列表时的错误", True),
        ("Fix typo in message", False),
        ("Fix formatting", False),
        ("Fix flake8 warnings", False),
        ("Merge branch 'fix-crash'", False),
        ('Revert "Fix crash"', False),
        ("Bump version, fix nothing", False),
        ("Prefix names", False),
        ("Add fixtures", False),
        ("Speed up\n\nAnd fix a crash", False),
    ],
)
def test_which_messages_are_those_of_fixes(message, is_fix):
    assert says_fix(message) == is_fix


def commit(repository, text, message):
    (repository / "a.py").write_text(text)
    porcelain.add(str(repository), [str(repository / "a.py")])
    porcelain.commit(str(repository), message.encode(), author=b"A <a@b>", committer=b"A <a@b>")


def test_a_repository_with_one_commit_has_none_and_with_two_one(tmp_path):
    porcelain.init(str(tmp_path)).close()

    def found():
        edits = [
            Edited(Origin("s", "r", c.path, "", "python", c.commit), c.message, c.before, c.after)
            for c in changes(tmp_path)
        ]
        return list(fixes(edits, Counter()))

    commit(tmp_path, BEFORE, "First")
    assert found() == []
    commit(tmp_path, AFTER, FIX)
    assert [example.target for example in found()] == [Patch.between(BEFORE, AFTER).text]
