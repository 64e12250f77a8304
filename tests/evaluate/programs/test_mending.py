import pytest

from codekiln.evaluate.programs.broken import Broken
from codekiln.evaluate.programs.mending import CopyInput, DeleteLine, PatchWriter
from codekiln.evaluate.programs.writer import Settings, Writer
from codekiln.sandbox.grading import Verdict
from codekiln.tasks.fix.patch import Patch
from fakes import saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
RIGHT = "def first(items):\n    if not items:\n        return None\n    return items[0]\n"
CODE = RIGHT.replace("[0]", "[1]")
MESSAGE = "IndexError: list index out of range"


def broken(code=CODE, right=RIGHT):
    return Broken(
        "first", "first", "wrong-index", "first.py", "python", code, right, MESSAGE, judged
    )


def judged(_, code):
    return Verdict("passed" if code == RIGHT else "failed", MESSAGE)


def writer(text, **settings):
    engine = saying(TOKENIZER.encode(text), TOKENIZER.vocabulary_size, context=4000)
    return Writer(engine, TOKENIZER, Settings(**settings))


def test_copying_the_input_changes_nothing():
    assert CopyInput()(broken()) == [CODE]


def test_the_line_of_the_bug_is_deleted():
    [answer] = DeleteLine()(broken())
    assert answer == "def first(items):\n    if not items:\n        return None\n"


def test_where_the_bug_is_a_missing_line_the_one_behind_it_goes():
    missing = RIGHT.replace("        return None\n", "")
    [answer] = DeleteLine()(broken(missing))
    assert answer == "def first(items):\n    if not items:\n"


def test_a_patch_is_applied():
    patch = Patch.between(CODE, RIGHT).text
    assert PatchWriter(writer(patch))(broken()) == [RIGHT]
    assert PatchWriter(writer(patch + "\nAnd so on"))(broken()) == [RIGHT]


@pytest.mark.parametrize("answer", ["return items[0]\n", "-9|x\n+9|y\n", "-4|other\n+4|x\n", ""])
def test_what_is_no_patch_of_this_code_leaves_it_as_it_is(answer):
    patches = PatchWriter(writer(answer))
    assert patches(broken()) == [CODE]
    assert patches.mended(broken(), CODE, MESSAGE) == [None]


def test_the_prompt_is_that_of_the_task_with_an_example_in_front_if_wanted():
    plain, shown = writer("x"), writer("x")
    PatchWriter(plain)(broken())
    PatchWriter(shown, shows=True)(broken())
    asked, longer = (TOKENIZER.decode(each.engine.rows[0]) for each in (plain, shown))
    assert MESSAGE in asked
    assert "4|    return items[1]\n### Fix\n" in asked
    assert "first.py" in asked
    assert longer.endswith(asked[-200:])
    assert longer.count("### Fix") == asked.count("### Fix") + 1
    assert longer.index("greet") < longer.index(MESSAGE)


def test_a_seeded_writer_draws_one_patch():
    several = PatchWriter(writer("x", count=4, temperature=0.5))
    one = several.seeded(9)
    assert (one.writer.settings.count, one.writer.settings.seed) == (1, 9)
    assert one.writer.settings.temperature == 0.5
    assert len(several(broken())) == 4
