"""Good code of twenty languages parses, broken code does not, and nothing makes a parser run away."""

import ast
import gc
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.languages import error_share, languages, parse, parsing

GOOD = {
    "python": "def f(x: int) -> int:\n    return [y for y in range(x) if y][0]\n",
    "java": "class A<T> { int f(int x) { return x > 1 ? x : f(x + 1); } }\n",
    "c": "#include <stdio.h>\nstatic int f(int *x) { return x ? *x : 0; }\n",
    "cpp": "template <class T> struct A { T f() const { return x; } T x{}; };\n",
    "csharp": "namespace N { class A { int F(int x) => x + 1; } }\n",
    "javascript": "export const f = async (x) => { await x?.y; return `${x}`; };\n",
    "typescript": "export function f<T extends object>(x: T): keyof T { return null as never; }\n",
    "tsx": "export const A = ({ x }: { x: string }) => <p className={x}>{x}</p>;\n",
    "go": "package a\n\nfunc f(x int) (y int, err error) {\n\treturn x + 1, nil\n}\n",
    "rust": "fn f<'a>(x: &'a str) -> Option<&'a str> { if x.is_empty() { None } else { Some(x) } }\n",
    "php": "<?php\nfunction f(int $x): int { return $x + 1; }\n",
    "ruby": "def f(x)\n  x.map { |y| y + 1 }\nend\n",
    "bash": 'for x in "$@"; do\n  echo "$x" | grep -q y && exit 1\ndone\n',
    "kotlin": "fun f(x: Int?): Int = x?.let { it + 1 } ?: 0\n",
    "swift": "func f(_ x: Int?) -> Int {\n    guard let x else { return 0 }\n    return x + 1\n}\n",
    "scala": "object A { def f(x: Int): Int = x match { case 0 => 1; case n => n } }\n",
    "lua": "local function f(x)\n  return x and x + 1 or nil\nend\n",
    "sql": "SELECT name, count(*) FROM people WHERE age > 3 GROUP BY name;\n",
    "html": "<!DOCTYPE html>\n<html><body><p class=a>Words</p></body></html>\n",
    "css": ".a > b:hover { color: #fff; margin: 0 auto; }\n",
}
# Of each language something that no reading of it allows.
BROKEN = {
    "python": "def f(:\n    return ][\n",
    "bash": "for x in; do ( done fi ;;\n",
    "html": "<p <b </i>> </p></html></body>\n<",
    "css": "a { color: } } ] {{\n",
    "sql": "SELECT FROM WHERE ((,, BY;\n",
    "php": "<?php function ( { ] $ => ;\n",
    "lua": "local function ( end ) = then\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_good_code_parses_and_broken_code_does_not(name):
    language = languages()[name]
    assert error_share(language, GOOD[name].encode()) == 0
    broken = BROKEN.get(name, "f ( { ] ) } = ; ) ( class [ } if\n")
    assert (error_share(language, broken.encode()) or 0) > 0.05
    tree = parse(language, GOOD[name].encode())
    assert tree is not None
    assert tree.root_node.end_byte == len(GOOD[name].encode())


def test_all_grammars_are_tried_here():
    assert {name for name, language in languages().items() if language.grammar} == set(GOOD)


def test_without_a_grammar_nothing_is_said():
    tcl = languages()["tcl"]
    assert tcl.grammar is None
    assert error_share(tcl, b"][") is None
    assert parse(tcl, b"") is None


def test_a_slip_in_a_long_file_is_a_small_share():
    python = languages()["python"]
    share = error_share(python, (GOOD["python"] * 100 + "x = = 1\n").encode())
    assert 0 < (share or 0) < 0.01


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(GOOD)), st.text(max_size=200))
def test_any_text_has_a_share(name, text):
    assert 0 <= (error_share(languages()[name], text.encode()) or 0) <= 1


@settings(deadline=None, max_examples=60)
@given(st.recursive(st.integers(0, 9).map(str), lambda inner: st.lists(inner).map(
    lambda parts: f"f({', '.join(parts)})"), max_leaves=30))  # fmt: skip
def test_what_python_reads_has_no_error(expression):
    ast.parse(expression)
    assert error_share(languages()["python"], f"{expression}\n".encode()) == 0


@pytest.mark.parametrize("name", ["python", "c", "javascript", "go"])
@pytest.mark.parametrize("piece", ["(", "[", "{", "f((", "- ", "!"])
def test_deep_nesting_ends(name, piece):
    """A parser recurses once for each open bracket: the usual stack would overflow."""
    share = error_share(languages()[name], (piece * 60_000).encode())
    assert share is not None
    assert share > 0


@pytest.mark.parametrize("operations", [parsing.OPERATIONS, 0])  # with none parsing is given up
def test_what_was_parsed_does_not_stay_in_memory(operations, monkeypatch):
    monkeypatch.setattr(parsing, "OPERATIONS", operations)
    content, grown = b"value = call(1)\n" * 4000, []
    tracemalloc.start()
    try:
        for _ in range(6):
            assert (parse(languages()["python"], content) is None) == (not operations)
            gc.collect()
            grown.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert grown[-1] - grown[0] < len(content) / 2


def test_the_bytes_that_were_parsed_are_still_their_owners():
    for content in (b"", b"x", b"x = 1\n", b"x = 1\n" * 1000):
        mine = bytes(bytearray(content))
        for _ in range(100):
            parse(languages()["python"], mine)
        assert mine == content
