"""The page on errors and the classes agree, and every failure leads to a place in it."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest

import codekiln
from codekiln import errors
from codekiln.cli import main
from codekiln.cli.main import INTERRUPTED, REFUSED, STOPPED
from codekiln.errors import CodekilnError
from codekiln.serve.http.errors import UNCLASSED, told_of

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
HEAD, *PARTS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
SECTIONS = {part.partition("\n")[0]: part for part in PARTS}
OUR_MISTAKE = 500  # what a server says of an error that no request should lead to
CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, CodekilnError) and kind is not CodekilnError
]


def test_every_code_has_its_section_and_every_section_its_code():
    assert list(SECTIONS) == [*(kind.code for kind in CLASSES), UNCLASSED, REFUSED, STOPPED]


def test_codes_are_one_or_two_plain_words():
    assert errors.MissingExtraError.code == "missing-extra"
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)?", kind.code) for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_a_section_says_what_its_class_says(kind):
    section = SECTIONS[kind.code]
    status, *_ = told_of(kind.__new__(kind))
    answered = "" if status == OUR_MISTAKE else f", status {status}"
    meaning = kind.__doc__.partition("\n\n")[0]
    told = f"{meaning} `{kind.__name__}`, exit code {kind.exit_code}{answered}."
    assert told in " ".join(section.split())


def test_every_reference_within_the_page_leads_to_a_section():
    assert set(re.findall(r"\(#([\w-]+)\)", PAGE)) <= set(SECTIONS)


@pytest.mark.parametrize("code", SECTIONS)
def test_a_section_has_causes_and_a_remedy(code):
    causes, remedy = re.findall(r"^- \*\*(.+?):\*\* ", SECTIONS[code], re.MULTILINE)
    assert (causes, remedy) == ("Usual causes", "What to do")


def test_a_class_from_elsewhere_is_told_under_the_code_of_one_here():
    """Nobody may raise the bare class, nor derive from it where this page does not see it."""
    for module in pkgutil.walk_packages(codekiln.__path__, "codekiln."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    known = {kind.code for kind in CLASSES}
    found = list(descendants(CodekilnError))
    assert len(found) > len(CLASSES)  # some are elsewhere, and have a parent here
    assert {kind.code for kind in found} == known


def descendants(kind):
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def test_the_command_line_tells_the_code(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["codekiln", "run", "no.toml", "--json"])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert left.value.code == errors.RecipeError.exit_code
    assert json.loads(said.out)["error"]["code"] == "recipe"
    assert said.err.endswith("[recipe]\n")


def test_the_head_of_the_page_says_what_the_program_does(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["codekiln", "run", "tiny.tml"])
    with pytest.raises(SystemExit):
        main()
    assert f"    {capsys.readouterr().err}" in HEAD
    assert f"{INTERRUPTED} after Ctrl-C" in HEAD
