"""Numbered line diffs: there and back, against `patch(1)`, and what each bad one is told."""

import difflib
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.errors import PatchError
from codekiln.tasks.fix.patch import Patch, numbered

LINES = st.lists(
    st.sampled_from(["", "a", "b", "  c|d", "-1|x", "+2|y", "\r", "é\u2028\x0c"]), max_size=12
)
CODE = "def f(x):\n    y = x\n    return y\n"


@given(LINES, LINES)
def test_a_patch_makes_the_one_text_of_the_other(before, after):
    before, after = "\n".join(before), "\n".join(after)
    patch = Patch.between(before, after)
    if before == after:
        assert not patch.text
        assert patch.size == 0
    else:
        assert Patch.parse(patch.text) == patch
        assert Patch.parse(patch.text).apply(before) == after


def test_it_is_written_as_documented():
    after = "def f(x):\n    y = x + 1\n    z = 2\n    return y\n"
    patch = Patch.between(CODE, after)
    assert patch.text == "-2|    y = x\n+2|    y = x + 1\n+2|    z = 2\n"
    assert patch.lines == range(2, 3)
    assert patch.size == 3
    assert Patch.between("a\n", "a\nb\n").text == "+2|b\n"
    assert Patch.between("a\nb\nc", "a\nc").text == "-2|b\n"


@pytest.mark.skipif(not shutil.which("patch"), reason="needs patch(1)")
@pytest.mark.parametrize("seed", range(8))
def test_the_result_is_that_of_the_program_patch(tmp_path, seed):
    generator = random.Random(seed)
    before = [f"line {generator.randint(0, 5)}\n" for _ in range(30)]
    after = [line for line in before if generator.random() > 0.2]
    after.insert(generator.randint(0, len(after)), "new\n")
    (tmp_path / "file").write_text("".join(before))
    unified = "".join(difflib.unified_diff(before, after))
    command = ["patch", "-s", str(tmp_path / "file")]
    subprocess.run(command, input=unified, text=True, check=True)
    ours = Patch.between("".join(before), "".join(after)).apply("".join(before))
    assert ours == (tmp_path / "file").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1 of the patch is ''"),
        ("-2|    y = x\nand so on", "Line 2 of the patch is 'and so on'"),
        ("2|    y = x", "Line 1 of the patch is '2|    y = x'"),
        ("-2|a\n-2|a", "takes line 2 away twice"),
        ("-99999999|a", "Line 1 of the patch"),
    ],
)
def test_what_is_no_patch_is_told(text, message):
    with pytest.raises(PatchError) as caught:
        Patch.parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "-2|    y = z\n+2|    y = 1\n",
            "Line 2 of the code is '    y = x', and the patch takes '    y = z'",
        ),
        ("-9|x\n", "The patch is for line 9, but the code has 4 lines"),
        ("+6|x\n", "The patch is for line 6"),
        ("+0|x\n", "The patch is for line 0"),
        ("-2|    y = x\n+2|    y = x\n", "changes nothing"),
    ],
)
def test_a_patch_for_other_code_is_told(text, message):
    with pytest.raises(PatchError) as caught:
        Patch.parse(text).apply(CODE)
    assert message in str(caught.value)


def test_their_twins_apply():
    assert Patch.parse("-2|    y = x\n+2|    y = 1\n").apply(CODE) == CODE.replace("y = x", "y = 1")
    assert Patch.parse("+5|x\n\n\n").apply(CODE) == CODE + "\nx"
    assert Patch.parse("+1|x").apply(CODE) == "x\n" + CODE


def test_code_is_numbered_as_a_patch_counts():
    assert numbered(CODE, range(2, 9)) == "2|    y = x\n3|    return y\n"
    assert numbered("a\x0cb\u2028c") == "1|a\x0cb\u2028c\n"
