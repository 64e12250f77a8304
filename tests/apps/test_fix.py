"""A patch for a diagnostic: asked for in the words of training, taken only if the file stays as sound."""

from pathlib import Path

import pytest

from codekiln.apps.fix import PROMPT_TOKENS, fix
from codekiln.errors import PatchError, UsageError
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import model_folder
from codekiln.inputs.formats import Header
from codekiln.languages import languages
from codekiln.tasks.fix import fix_prompt
from codekiln.tokenizer import Tokenizer
from fakes import FakeCompleter, saying, tiny_tokenizer

CODE = "import sys\n\n\ndef first(items):\n    return items[1]\n"
MESSAGE = "IndexError: list index out of range"


def mended(answer, code=CODE, line=5, language="python"):
    completer = FakeCompleter([answer])
    found = fix(
        completer, tiny_tokenizer(), code, MESSAGE, line, languages()[language], path="src/a.py"
    )
    return found, completer


def test_a_patch_that_fits_is_taken():
    found, _ = mended("-5|    return items[1]\n+5|    return items[0]\n")
    assert found.text == CODE.replace("items[1]", "items[0]")
    assert found.patch.size == 2


def test_it_is_asked_for_in_the_words_of_training():
    """The ids that an engine reads are those of `tasks.fix`, with the starter's tokenizer."""
    tokenizer = Tokenizer.load(model_folder(Path("starter")))
    completer = FakeCompleter(["-5|    return items[1]\n+5|    return items[0]"])
    code = CODE + "\n\nclass Ünicode:\n\tname = '😀'\n" * 9
    language = languages()["python"]
    fix(completer, tokenizer, code, MESSAGE, 5, language, path="src/a.py")
    (request,) = completer.requests
    assert request.prefix.startswith(f"### Error\na.py:5: {MESSAGE}\n### Code\n1|import sys\n")
    engine = EngineCompleter(saying([], tokenizer.vocabulary_size, 4000), tokenizer, heal=False)
    expected = fix_prompt(
        tokenizer, f"a.py:5: {MESSAGE}", code, Header("", "src/a.py", "python"), PROMPT_TOKENS
    )
    assert engine._prompt(request) == expected.ids


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "of the patch is ''"),
        ("return items[0]", "belong: ask for another answer"),
        ("-5|    return items[2]\n+5|    return items[0]", "give it the code"),
        ("-9|x\n+9|y", "but the code has 6 lines"),
        ("-5|    return items[1]\n+5|    return items[1]", "changes nothing"),
        ("-5|    return items[1]\n+5|    return items[", "brings in a syntax error"),
        ("-5|    return items[1]", "brings in a syntax error"),
        ("+1|return 5", "brings in a syntax error"),
    ],
)
def test_a_patch_that_is_none_or_harms_is_refused(answer, words):
    with pytest.raises(PatchError, match=words.replace("[", r"\[")):
        mended(answer)


def test_a_file_with_errors_may_lose_them_but_not_gain_any():
    broken = "def a(:\n    return 1\n"
    found, _ = mended("-1|def a(:\n+1|def a():", broken, 1)
    assert found.text == "def a():\n    return 1\n"
    with pytest.raises(PatchError, match="syntax error"):
        mended("-2|    return 1\n+2|    return )) 1", broken, 1)


def test_a_language_that_nobody_can_check_is_refused():
    with pytest.raises(UsageError, match="has no parser here"):
        mended("-1|a\n+1|b", "a\n", 1, "haskell")
