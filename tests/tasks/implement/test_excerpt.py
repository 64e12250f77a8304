"""Excerpts in use: the function at the cursor, also where it has no body yet, and the prompt of it."""

import pytest

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header
from codekiln.languages import languages
from codekiln.tasks.implement import excerpt_at, implement_prompt
from codekiln.tasks.implement.excerpt import LONGEST
from fakes import tiny_tokenizer

FILE = '''import math


class Circle:
    def area(self):
        """The area of it."""

    def other(self):
        return 1


def last(items):
    """The last of them."""'''


def at(line, text=FILE, language="python"):
    return excerpt_at(languages()[language], text, line)


@pytest.mark.parametrize("line", [5, 6])
def test_a_function_without_a_body(line):
    found = at(line)
    assert found.prefix == (
        'import math\n\nclass Circle:\n    def area(self):\n        """The area of it."""\n'
    )
    assert not found.body.strip()


def test_one_at_the_end_of_the_file_and_one_with_a_body():
    assert at(13).prefix == 'import math\n\ndef last(items):\n    """The last of them."""\n'
    assert at(9).body == "        return 1\n"
    java = "class A {\n    /** Adds. */\n    int add(int a) {\n    }\n}\n"
    found = at(3, java, "java")
    assert found.prefix == "class A {\n    /** Adds. */\n    int add(int a) {\n"
    assert found.body == "    }\n"


def test_the_prompt_is_that_of_training():
    tokenizer = tiny_tokenizer()
    ids = implement_prompt(tokenizer, at(5).prefix, Header(), 500)
    assert tokenizer.decode(ids) == at(5).prefix


def test_imports_have_room_and_no_more():
    many = "".join(f"import module_{n}\n" for n in range(200))
    prefix = at(201, many + "def f(x):\n    return 1\n").prefix
    assert LONGEST - 30 < len(prefix.partition("def")[0]) <= LONGEST + 1
    assert prefix.startswith("import module_0\n")


@pytest.mark.parametrize(
    ("line", "text"), [(1, FILE), (99, FILE), (1, "def f(): return 1\n"), (1, "x = 1\n"), (1, "")]
)
def test_where_there_is_none_that_is_told(line, text):
    with pytest.raises(UsageError, match=f"Line {line} is in no function whose body has lines"):
        at(line, text)
