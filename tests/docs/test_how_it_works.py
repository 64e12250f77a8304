"""Every formula of the page leads to code, and every number beside it is what that code computes."""

import re
from pathlib import Path

import pytest

from docs.explanation import DOCS, INDENTED, formulas, has
from docs.worked import WORKED

LANGUAGES = ("how-it-works.md", "how-it-works.zh-CN.md")
TEXTS = {name: (DOCS / name).read_text(encoding="utf-8") for name in LANGUAGES}
FORMULAS = {name: formulas(text) for name, text in TEXTS.items()}
ENGLISH, CHINESE = (FORMULAS[name] for name in LANGUAGES)


def test_both_languages_have_the_same_formulas_and_links():
    for one, other in zip(ENGLISH, CHINESE, strict=True):
        assert (one.lines, one.links) == (other.lines, other.links)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_formula_has_an_arrow(name):
    prose = re.sub(r"^```.*?^```$", "", TEXTS[name], flags=re.MULTILINE | re.DOTALL)
    assert INDENTED.findall(prose) == [formula.lines for formula in FORMULAS[name]]


@pytest.mark.parametrize("formula", ENGLISH, ids=lambda formula: formula.name)
def test_every_arrow_leads_to_a_function(formula):
    assert formula.links
    for symbol, path in formula.links:
        assert has(symbol, DOCS.parent / path), symbol


def test_a_function_that_is_not_there_is_noticed():
    path = DOCS.parent / "src" / "codekiln" / "index" / "mix.py"
    assert has("Mixture.__call__", path)
    assert not has("Mixture.no_such", path)
    assert not has("no_such", path)


def test_every_formula_is_worked():
    assert [formula.name for formula in ENGLISH] == list(WORKED)


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("place", range(len(ENGLISH)), ids=lambda n: ENGLISH[n].name)
def test_what_is_worked_by_hand_is_what_the_code_computes(name, place):
    formula = FORMULAS[name][place]
    for number in WORKED[formula.name]():
        there = re.search(rf"(?<![\d.,−]){re.escape(number)}(?![\d]|[.,]\d)", formula.worked)
        assert there, f"{number} is not in\n{formula.worked}"


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_page_leads_to_what_shows_it(name):
    introduction, *steps = re.split(r"^## ", TEXTS[name], flags=re.MULTILINE)
    [generation] = [step for step in steps if step.startswith("6. ")]
    for part in (introduction, generation):
        assert "`codekiln explain TEXT" in part
        assert "`codekiln serve`" in part


def test_the_page_is_whole():
    """The road from a text's likelihood to what a suggestion is worth."""
    assert len(ENGLISH) >= 35
    assert all(Path(DOCS.parent, path).is_file() for one in ENGLISH for _, path in one.links)
