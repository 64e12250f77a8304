"""Outlines: those of Python as its own parser has them, those of other languages by hand."""

import ast
import sysconfig
from pathlib import Path

import pytest

from codekiln.languages import languages
from codekiln.tasks.context.definitions import definitions
from codekiln.tasks.context.outline import MEMBERS

LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = [LIBRARY / f"{name}.py" for name in ("argparse", "dataclasses", "textwrap", "statistics")]


def outlines(language, text):
    return {
        name: each.full for name, each in definitions(languages()[language], text.encode()).items()
    }


def top_level(tree):
    """Functions and classes outside any other, also in conditions, by their first definition."""
    found, waiting = {}, [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop(0)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.setdefault(node.name, node)
            elif isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
                waiting.append(node)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_pythons_outlines_are_what_its_own_parser_says(path):
    text = path.read_text(encoding="utf-8")
    expected, found = top_level(ast.parse(text)), outlines("python", text)
    assert expected.keys() == found.keys()
    for name, node in expected.items():
        (outline,) = ast.parse(found[name]).body
        assert (type(outline), outline.name) == (type(node), node.name)
        document = (ast.get_docstring(node) or "").strip().partition("\n")[0].rstrip()
        if "\\" not in document:
            assert (ast.get_docstring(outline) or "") == document
        if isinstance(node, ast.ClassDef):
            assert list(map(ast.dump, outline.bases)) == list(map(ast.dump, node.bases))
            public = [
                ast.dump(each.args)
                for each in node.body
                if isinstance(each, ast.FunctionDef)
                and (each.name == "__init__" or not each.name.startswith("_"))
            ]
            methods = [each for each in outline.body if isinstance(each, ast.FunctionDef)]
            assert [ast.dump(each.args) for each in methods] == public[:MEMBERS]
        else:
            assert ast.dump(outline.args) == ast.dump(node.args)


def test_no_value_of_a_field_and_nothing_private():
    text = '''
@dataclass
class A(B):
    """All of it.

    And more.
    """

    x: int = 3
    key: str = "hunter2"
    _hidden: str = ""
    plain = 4

    @property
    def size(self) -> int:
        return 1

    def _own(self): ...
'''
    assert outlines("python", text)["A"] == (
        'class A(B):\n    """All of it."""\n    x: int\n    key: str\n    def size(self) -> int: ...'
    )
    short = definitions(languages()["python"], text.encode())["A"].short
    assert short == 'class A(B):\n    """All of it."""'


def test_typescript():
    text = """
/**
 * Says more.
 * @param a what
 */
export const say = (a: number): string => { return ''; };
export default class C extends D {
  #p = 1;
  private q = 2;
  x: number = 4;
  m(a: X): void { }
}
export interface P { a: number }
export type X = {b: string};
let count = 1;
"""
    assert outlines("typescript", text) == {
        "say": "// Says more.\nconst say = (a: number): string;",
        "C": "class C extends D {\n    x: number;\n    m(a: X): void;\n}",
        "default": "class C extends D {\n    x: number;\n    m(a: X): void;\n}",
        "P": "interface P {\n    a: number;\n}",
        "X": "type X = {b: string};",
    }


def test_c_and_cpp():
    text = """
// Adds.
int *add(int a, int b) { return 1; }
int sub(int a);
int number = 3;
struct P { int x; };
#define MAX(a) a
"""
    assert outlines("c", text) == {
        "add": "// Adds.\nint *add(int a, int b);",
        "sub": "int sub(int a);",
        "P": "struct P {\n    int x;\n}",
        "MAX": "#define MAX(a) a",
    }
    text = "namespace n { class A { int f(int a) { return 1; } }; int A::g() { return 2; } }"
    assert outlines("cpp", text) == {"A": "class A {\n    int f(int a);\n}", "g": "int A::g();"}


def test_java():
    text = "public class A { private int x; public int y = 2; public int f(int a) { return 1; } }"
    assert outlines("java", text) == {
        "A": "public class A {\n    public int y;\n    public int f(int a);\n}"
    }


def test_broken_files_and_those_without_a_grammar():
    assert "f" in outlines("python", "def f(a):\n    return a\n\ndef g(:\n")
    assert outlines("cython", "def f(a): pass\n") == {}
    assert outlines("python", "(" * 5000) == {}
    assert outlines("python", "") == {}
