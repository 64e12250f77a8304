"""Mutations: each kind where it is meant to be, what they leave, and that they touch what they should."""

import ast

import pytest

from codekiln.languages import languages
from codekiln.tasks.fix.mutations import KINDS, LAYOUT, mutations

PYTHON = '''import math
from math import tau


async def area(shape, scale=1, *, flag=True):
    """The area (of it)."""
    if not shape:
        return None
    total = 0
    for i in range(len(shape) - 1):
        total += shape[i][0] * math.sqrt(shape[0][1] + scale)
        print(total, scale)
    name = await get(shape.strip(), "abc")
    return round(total, 2)
'''
JAVA = """import java.util.List;

class A {
    int f(List<Integer> items, int k) {
        if (k < 0) {
            return 0;
        }
        int total = 1;
        for (int i = 0; i < items.size(); i++) {
            total += items.get(i) * k;
        }
        System.out.println(total);
        return Math.max(total, k);
    }
}
"""
BODY = """{
    if (a < 1) {
        return g(a, b[0]);
    }
    return a + 1;
}
"""


def made(name, text, *span):
    content = text.encode()
    return {
        (each.kind, content[each.start : each.end].decode().strip(), each.text.strip())
        for each in mutations(languages()[name], content, *span)
    }


@pytest.mark.parametrize(
    "expected",
    [
        ("off-by-one", "0", "1"),
        ("off-by-one", "2", "1"),
        ("wrong-operator", "-", "+"),
        ("wrong-operator", "+=", "-="),
        ("inverted-condition", "not shape", "shape"),
        ("wrong-index", "0", "1"),
        ("wrong-index", "i", "i + 1"),
        ("wrong-default", "1", "2"),
        ("wrong-default", "True", "False"),
        ("wrong-value", "None", "0"),
        ("wrong-type", '"abc"', 'b"abc"'),
        ("wrong-type", "2", '"2"'),
        ("wrong-name", "total", "name"),
        ("wrong-member", "sqrt", "sqt"),
        ("swapped-arguments", "total, 2", "2, total"),
        ("missing-argument", ", 2", ""),
        ("missing-return", "return round(total, 2)", "round(total, 2)"),
        ("missing-await", 'await get(shape.strip(), "abc")', 'get(shape.strip(), "abc")'),
        ("missing-import", "import math", ""),
        ("dropped-call", "shape.strip()", "shape"),
        ("dropped-call", "print(total, scale)", "pass"),
        ("missing-guard", "if not shape:\n        return None", ""),
        ("missing-colon", ":", ""),
        ("missing-bracket", ")", ""),
        ("missing-quote", '"', ""),
        ("missing-comma", ",", ""),
    ],
)
def test_what_is_made_of_python(expected):
    found = made("python", PYTHON)
    if expected[0] == "wrong-name":
        assert any(kind == "wrong-name" and old == "total" for kind, old, _ in found)
    elif expected[0] == "wrong-member":
        assert any(kind == "wrong-member" and old == "sqrt" for kind, old, _ in found)
    else:
        assert expected in found


def test_every_kind_is_made_of_one_of_the_two():
    kinds = {kind for kind, _, _ in made("python", PYTHON) | made("java", JAVA)}
    assert kinds == set(KINDS)
    assert len(KINDS) >= 12


def test_each_changes_the_code_and_only_those_of_layout_break_the_syntax():
    content = PYTHON.encode()
    broken = set()
    for each in mutations(languages()["python"], content):
        after = each.apply(content).decode()
        assert after != PYTHON
        assert len(after.splitlines()) <= len(PYTHON.splitlines())
        try:
            is_other = ast.dump(ast.parse(after)) != ast.dump(ast.parse(PYTHON))
            assert is_other or each.kind == "wrong-indentation"  # of a whole block
        except SyntaxError:
            broken.add(each.kind)
    assert broken
    assert broken <= LAYOUT | {"missing-argument"}


def test_documentation_and_other_functions_are_left_alone():
    start = PYTHON.index("    total = 0")
    end = PYTHON.index("    name =")
    for each in mutations(languages()["python"], PYTHON.encode(), start, end):
        assert each.kind == "missing-import" or start <= each.start <= each.end <= end


@pytest.mark.parametrize("name", ["javascript", "typescript", "c", "cpp", "go", "rust"])
def test_other_languages_have_kinds_of_their_own(name):
    text = {
        "javascript": f"function f(a, b) {BODY}",
        "typescript": f"function f(a: number, b: number[]): number {BODY}",
        "c": f"int f(int a, int *b) {BODY}",
        "cpp": f"int f(int a, int *b) {BODY}",
        "go": "package m\n\nfunc f(a int, b []int) int " + BODY.replace("(a < 1)", "a < 1"),
        "rust": "fn f(a: i32, b: &[i32]) -> i32 " + BODY.replace("(a < 1)", "a < 1"),
    }
    kinds = {kind for kind, _, _ in made(name, text[name])}
    wanted = {
        "off-by-one",
        "wrong-operator",
        "inverted-condition",
        "wrong-index",
        "swapped-arguments",
    }
    assert wanted | {"missing-return", "missing-bracket", "missing-guard"} <= kinds


def test_where_nothing_is_known_nothing_is_made():
    assert mutations(languages()["css"], b"a { b: c }") == []
    assert mutations(languages()["python"], b"") == []
