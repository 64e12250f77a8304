"""What the documents say can be typed, followed and found; the two languages say the same."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from codekiln.cli.commands import app

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
PRESENT = [path for path in DOCUMENTS if path.name != "log.md"]  # the log tells of the past
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def fenced(path: Path) -> list[str]:
    """The contents of the blocks between lines of three backticks."""
    text = path.read_text(encoding="utf-8")
    return re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """The text outside those blocks."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def typed(path: Path, program: str) -> list[list[str]]:
    """The arguments of each call of a program in the blocks."""
    lines = [line for block in fenced(path) for line in block.splitlines()]
    calls = [shlex.split(line) for line in lines if re.match(rf"(?:\S*/)?{program}\s", line)]
    return [call[1:] for call in calls]


def mentioned(path: Path, program: str) -> list[list[str]]:
    """The arguments of each call of a program that the prose names in backticks."""
    return [call.split() for call in re.findall(rf"`{program} ([^`\n]+)`", prose(path))]


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_every_command_line_parses(path: Path) -> None:
    calls = typed(path, "codekiln")
    assert {call[0] for call in calls} >= {"run", "complete"}
    for name, *arguments in calls:
        COMMANDS[name].make_context(name, list(arguments)).close()


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_command_in_a_sentence_exists(path: Path) -> None:
    for name, *arguments in mentioned(path, "codekiln"):
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {word for word in arguments if word.startswith("--")} <= known, name


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_every_command_is_in_the_readme(path: Path) -> None:
    assert {name for name, *_ in mentioned(path, "codekiln")} == set(COMMANDS)


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_make_target_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    calls = typed(path, "make") + mentioned(path, "make")
    assert {word for call in calls for word in call} <= targets
    if path in READMES:
        assert {"demo", "test"} <= {word for call in calls for word in call}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if not re.match(r"[a-z]+:|#", target):
            assert (path.parent / target.partition("#")[0]).is_file(), target


@pytest.mark.parametrize("path", PRESENT, ids=name_of)
def test_every_source_file_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:src|recipes|examples)/[\w./-]+)`", prose(path))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_no_address_of_a_package_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://\S*(?:pypi|pytorch|/simple|/whl)", text)
    assert not re.search(r"(?<![\w.])/(?:home|root|work|tmp|Users)/", text)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (ROOT / "README.md", ROOT / "README.zh-CN.md"),
        (ROOT / "docs/how-it-works.md", ROOT / "docs/how-it-works.zh-CN.md"),
    ],
    ids=name_of,
)
def test_the_two_languages_say_the_same(english: Path, chinese: Path) -> None:
    assert fenced(english) == fenced(chinese)
    assert levels(english) == levels(chinese)
    assert len(levels(english)) > 5
    for pattern in (r"^\|.*\|$", r"^- ", r"^    \S"):
        count = re.compile(pattern, re.MULTILINE)
        assert len(count.findall(prose(english))) == len(count.findall(prose(chinese))), pattern
    code = r"`((?:src|codekiln|make)\b[^`]*)`"
    assert set(re.findall(code, prose(english))) == set(re.findall(code, prose(chinese)))


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if "zh-CN" in path.name], ids=name_of)
def test_what_is_in_chinese_is_in_chinese(path: Path) -> None:
    plain = re.sub(r"`[^`]*`|\]\([^)]*\)", "", prose(path))
    lines = [line for line in plain.split("\n") if not line.startswith("    ")]  # formulas are
    assert len(lines) > 50
    long = [line for line in lines if len(line) > 60]
    assert [line for line in long if not re.search("[\u4e00-\u9fff]", line)] == []


def levels(path: Path) -> list[int]:
    """The depth of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(path), re.MULTILINE)]


def test_a_command_that_does_not_parse_is_noticed() -> None:
    with pytest.raises(Exception, match="--no-such"):
        COMMANDS["run"].make_context("run", ["tiny.toml", "--no-such"])
