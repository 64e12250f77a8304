"""Documented functions: those of Python as its own parser has them, those of other languages by hand."""

import ast
import inspect
import sysconfig
from pathlib import Path

import pytest

from codekiln.languages import documented_functions, languages
from codekiln.languages.functions import _first_paragraph, _tables
from codekiln.languages.parsing import _grammar

LIBRARY = Path(sysconfig.get_path("stdlib"))
NAMES = ("textwrap", "heapq", "argparse", "statistics", "inspect", "json", "unittest")
FILES = [
    path
    for name in NAMES
    for path in sorted(LIBRARY.glob(f"{name}.py")) + sorted((LIBRARY / name).glob("*.py"))
]


def functions(language, text):
    return list(documented_functions(languages()[language], text.encode()))


def by_pythons_parser(text):
    """Name, documentation and the syntax of what is left, of every function with a plain docstring."""
    found, lines = [], text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        documentation = ast.get_docstring(node, clean=False)
        if documentation is None:
            continue
        if any("\\" in line for line in lines[node.body[0].lineno - 1 : node.body[0].end_lineno]):
            continue  # an escape is two characters to a grammar
        first = _first_paragraph(inspect.cleandoc(documentation))
        rest = [ast.dump(statement) for statement in node.body[1:]]
        found.append((node.name, first, ast.dump(node.args), tuple(rest)))
    return sorted(found)


def by_ours(text, names):
    found = []
    for function in functions("python", text):
        code = function.code
        if code.rstrip().endswith(":"):
            code += " pass"
        node = ast.parse(code).body[0]
        empty = isinstance(node.body[0], ast.Pass) and len(node.body) == 1
        rest = [] if empty and "pass" not in function.code else map(ast.dump, node.body)
        found.append((node.name, function.documentation, ast.dump(node.args), tuple(rest)))
        assert function.name == node.name
    return sorted(entry for entry in found if entry[:2] in names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_functions_of_the_standard_library_are_those_of_pythons_parser(path):
    text = path.read_text(encoding="utf-8")
    expected = by_pythons_parser(text)
    assert by_ours(text, {entry[:2] for entry in expected}) == expected


def test_the_sample_of_the_library_is_worth_it():
    assert sum(len(by_pythons_parser(path.read_text(encoding="utf-8"))) for path in FILES) > 250


def test_python():
    text = '''
class Shop:
    @property
    def price(self):
        # A comment before it.
        r"""What it
        costs.

        More.
        """

        def inner():
            "Inner one."
            return 1

        return inner() + 1

def bare():
    return """no documentation"""

def formatted():
    f"""Not {constant}."""
    return 1

def octets():
    b"""Not this."""

def only(): """Only this."""
'''
    found = functions("python", text)
    assert [(one.name, one.documentation) for one in found] == [
        ("price", "What it costs."),
        ("inner", "Inner one."),
        ("only", "Only this."),
    ]
    assert found[0].code == (
        "def price(self):\n    # A comment before it.\n\n    def inner():\n"
        '        "Inner one."\n        return 1\n\n    return inner() + 1'
    )
    assert found[1].code == "def inner():\n    return 1"


JAVASCRIPT = """
/** Adds two numbers.
 *
 * @param a one
 */
export function add(a, b) {
  return a + b;
}
// Twice
//   as much.
const twice = async (x) => 2 * x;
/* Far away. */

function far() {}
let n = 1; // Beside another.
function beside() {}
class Shop {
  /** What it costs. */
  @cached
  price() {
    return 1;
  }
  /** A field. */
  field = 3;
}
exports.shop = {
  /**
   * Sells it. */
  sell: function () {},
};
/** Handles it. */
Shop.prototype.handle = function () {};
/** Nobody's name. */
call(function () {});
"""


@pytest.mark.parametrize("language", ["javascript", "typescript", "tsx"])
def test_javascript_and_typescript(language):
    found = functions(language, JAVASCRIPT)
    assert [(one.name, one.documentation) for one in found] == [
        ("add", "Adds two numbers."),
        ("twice", "Twice as much."),
        ("price", "What it costs."),
        ("sell", "Sells it."),
        ("handle", "Handles it."),
    ]
    assert found[0].code == "export function add(a, b) {\n  return a + b;\n}"
    assert found[1].code == "const twice = async (x) => 2 * x;"
    assert found[2].code.endswith("price() {\n  return 1;\n}")
    assert found[3].code == "sell: function () {}"


def test_typescript_has_types():
    text = "/** First of\n * them. */\nfunction first<T>(all: T[]): T | undefined {\n  return all[0];\n}\n"
    (found,) = functions("typescript", text)
    assert (found.name, found.documentation) == ("first", "First of them.")


def test_java():
    text = """
class Shop {
    /**
     * What it costs,
     * in <b>pence</b>.
     * <p>More.
     * @return that
     */
    @Override
    public int price(Item item) {
        return 1;
    }

    // Sells it
    // at once.
    void sell() {
    }
    int n; // Beside.
    void beside() {}
    /** Makes one. */
    Shop() {}
}
"""
    found = functions("java", text)
    assert [(one.name, one.documentation) for one in found] == [
        ("price", "What it costs, in <b>pence</b>."),
        ("sell", "Sells it at once."),
    ]
    assert found[0].code == "@Override\npublic int price(Item item) {\n    return 1;\n}"


def test_go():
    text = """package shop

// Price is what it costs,
// in pence.
//
// More.
//go:noinline
func Price(item Item) int {
\treturn 1
}

/* Sell sells it. */
func (s *Shop) Sell() {}

// Far away.

func Far() {}
"""
    found = functions("go", text)
    assert [(one.name, one.documentation) for one in found] == [
        ("Price", "Price is what it costs, in pence."),
        ("Sell", "Sell sells it."),
    ]
    assert found[0].code == "func Price(item Item) int {\n\treturn 1\n}"


def test_rust():
    text = "/// What it\n/// costs.\n///\n/// More.\n#[inline]\npub fn price(&self) -> u32 {\n    1\n}\n"
    (found,) = functions("rust", text)
    assert (found.name, found.documentation) == ("price", "What it costs.")
    assert found.code == "pub fn price(&self) -> u32 {\n    1\n}"


@pytest.mark.parametrize(
    "text",
    [
        "Sums them.\n:param n: one\n",
        "Sums\n  them.\n\nMore.",
        "\n  Sums them.\n@param n one",
        "Sums them.\n  Args:\n    n: one",
        "Sums them.\nParameters\n----------\nn",
        "Sums them.\n>>> f(1)\n2",
    ],
)
def test_the_first_paragraph(text):
    assert _first_paragraph(text) == "Sums them."


def test_a_language_without_rules_or_a_file_without_a_tree_has_none():
    assert functions("css", "/* Red. */\na { color: red }\n") == []
    assert functions("python", "(" * 1000) == []


def test_every_node_that_is_listed_is_in_the_grammar():
    for name, rules in _tables().items():
        language = _grammar(languages()[name].grammar)
        known = {language.node_kind_for_id(n) for n in range(language.node_kind_count)}
        listed = rules.functions | rules.wrappers | rules.comments | rules.between
        assert listed <= known, name
