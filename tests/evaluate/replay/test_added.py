"""Added lines: where each stands, and the file as it was when somebody came to it."""

import random

from codekiln.evaluate.replay.added import added_lines, count_added
from codekiln.evaluate.replay.history import Edit

OLD = "import os\n\n\ndef one():\n    return 1\n\n\ndef last():\n    pass\n"
NEW = "import os\n\n\ndef one():\n    value = 2\n    return value\n\n\ndef last():\n    pass\n"


def test_lines_of_a_change():
    first, second = added_lines(Edit("module.py", OLD, NEW))
    assert (first.number, first.text) == (5, "value = 2")
    assert first.prefix == "import os\n\n\ndef one():\n    "
    assert first.suffix == "\n\n\ndef last():\n    pass\n"  # `return 1` gave way
    assert (second.number, second.text) == (6, "return value")
    assert second.prefix == first.prefix + "value = 2\n    "
    assert second.suffix == first.suffix


def test_a_line_that_is_inserted_leaves_all_others():
    (line,) = added_lines(
        Edit("module.py", OLD, OLD.replace("    return", "    x = 1\n    return"))
    )
    assert line.suffix == "\n    return 1\n\n\ndef last():\n    pass\n"


def test_a_new_file_has_nothing_behind_the_cursor():
    lines = list(added_lines(Edit("module.py", "", "first = 1\n\n\nsecond = 2")))
    assert [(line.number, line.text, line.prefix, line.suffix) for line in lines] == [
        (1, "first = 1", "", ""),
        (4, "second = 2", "first = 1\n\n\n", ""),
    ]


def test_line_ends_and_odd_signs_stay_where_they_are():
    old, new = "first = 1\r\n", "first = 1\r\n\tsecond = '\f'\r\nthird = 3\r\n"
    lines = list(added_lines(Edit("module.py", old, new)))
    assert [(line.text, line.prefix) for line in lines] == [
        ("second = '\f'", "first = 1\r\n\t"),
        ("third = 3", "first = 1\r\n\tsecond = '\f'\r\n"),
    ]


def test_brackets_alone_are_not_counted():
    lines = list(added_lines(Edit("module.js", "", "call(\n  {\n    a: 1,\n  }\n);\n")))
    assert [line.text for line in lines] == ["call(", "a: 1,"]


def test_nothing_written_later_is_ever_around_a_line():
    rng = random.Random(4)
    for _ in range(300):
        words = ["one", "two", "three", ")"]
        old, new = (
            "".join(f"{rng.choice(words)}\n" for _ in range(rng.randrange(9))) for _ in "12"
        )
        lines = list(added_lines(Edit("module.py", old, new)))
        assert count_added(Edit("module.py", old, new)) == len(lines)
        remaining = new.splitlines()
        for line in lines:
            assert new.startswith(line.prefix + line.text)
            assert remaining[line.number - 1] == line.text
            assert not line.suffix or f"\n{old}".endswith(line.suffix)


def test_all_that_is_not_in_the_old_file_is_added():
    old = [f"line {n}" for n in range(0, 40, 2)]
    new = [f"line {n}" for n in range(40)]
    edit = Edit("module.py", "\n".join(old), "\n".join(new))
    assert [line.text for line in added_lines(edit)] == [f"line {n}" for n in range(1, 40, 2)]
