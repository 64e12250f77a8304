"""The rules: each finds its secrets and leaves what only looks like one."""

import tomllib
from dataclasses import fields
from importlib import resources

import pytest

from codekiln.corpus.secrets.checks import CHECKS
from codekiln.corpus.secrets.rules import Rule, rules
from codekiln.corpus.secrets.search import find
from corpus.secrets.forms import line
from corpus.secrets.makers import seeded
from corpus.secrets.planted import SORTS

DOCUMENT = tomllib.loads(
    resources.files("codekiln.corpus.secrets").joinpath("rules.toml").read_text(encoding="utf-8")
)
BY_ID = {rule.id: rule for rule in rules()}
SECRETS = [
    pytest.param(rule, nth, text, id=f"{rule} {nth} {text[:24]}")
    for rule, sort in SORTS.items()
    for nth in range(len(sort.secrets))
    for text in sort.texts
]
MISSES = [
    pytest.param(rule, nth, id=f"{rule} {nth}")
    for rule, sort in SORTS.items()
    for nth in range(len(sort.misses))
]
NAMES = [
    pytest.param(rule.id, name, id=f"{rule.id} {name}") for rule in rules() for name in rule.names
]


def secret(rule: str, nth: int) -> str:
    return SORTS[rule].secrets[nth](seeded("secret", rule, nth))


def written(rule: str, text: str, value: str, nth: int = 0) -> str:
    names = SORTS[rule].names
    return line("assignment", names[nth % len(names)], text.replace("{}", value)) + "\n"


def found(text: str) -> list[tuple[str, str, str]]:
    """Rule, kind and value of what is found."""
    return [
        (rules()[finding.rank].id, finding.kind, text[finding.start : finding.end])
        for finding in find(text)
    ]


def test_every_rule_has_secrets_and_near_misses() -> None:
    """A new rule needs samples in `planted.py`."""
    assert set(SORTS) == set(BY_ID)
    assert all(sort.secrets and sort.misses for sort in SORTS.values())


@pytest.mark.parametrize(("rule", "nth", "text"), SECRETS)
def test_a_secret_is_found_by_its_rule(rule: str, nth: int, text: str) -> None:
    value = secret(rule, nth)
    assert found(written(rule, text, value, nth)) == [(rule, SORTS[rule].kind, value)]


@pytest.mark.parametrize(("rule", "nth"), MISSES)
def test_a_near_miss_stays(rule: str, nth: int) -> None:
    value = SORTS[rule].misses[nth](seeded("miss", rule, nth))
    assert found(written(rule, SORTS[rule].texts[0], value, nth)) == []


@pytest.mark.parametrize("rule", [rule.id for rule in rules() if rule.keywords])
def test_every_keyword_has_a_secret(rule: str) -> None:
    sort = SORTS[rule]
    texts = [
        written(rule, text, secret(rule, nth), name)
        for nth in range(len(sort.secrets))
        for text in sort.texts
        for name in range(len(sort.names))
    ]
    for keyword in BY_ID[rule].keywords:
        assert any(keyword in text and found(text) for text in texts), keyword


@pytest.mark.parametrize(("rule", "name"), NAMES)
def test_every_name_gives_its_secret_away(rule: str, name: str) -> None:
    value = secret(rule, 0)
    for written_name in (name, f"my{name}", name.upper(), f"{name}_2"):
        text = line("assignment", written_name, value)
        assert found(text) == [(rule, SORTS[rule].kind, value)]
    assert rule not in {by for by, _, _ in found(line("assignment", f"{name}ent", value))}


@pytest.mark.parametrize("table", DOCUMENT["rule"], ids=lambda table: table["id"])
def test_a_table_is_whole(table: dict[str, object]) -> None:
    assert set(table) <= {field.name for field in fields(Rule)} - {"rank", "harmless"}
    assert {"id", "kind", "pattern"} <= set(table)
    assert ("keywords" in table) != ("names" in table)
    assert table["kind"] in {"KEY", "PASSWORD", "EMAIL", "IP"}
    assert table.get("check", "random") in CHECKS


def test_the_order_of_the_file_is_the_rank() -> None:
    assert [rule.rank for rule in rules()] == list(range(len(DOCUMENT["rule"])))
    assert [rule.id for rule in rules()] == [table["id"] for table in DOCUMENT["rule"]]
    assert len(BY_ID) == len(rules())
    assert set(DOCUMENT) == {"harmless", "rule"}


def test_every_check_is_used() -> None:
    assert {table["check"] for table in DOCUMENT["rule"] if "check" in table} == set(CHECKS)


@pytest.mark.parametrize("rule", [rule.id for rule in rules() if rule.names])
def test_names_are_compared_in_lower_case(rule: str) -> None:
    assert all(name == name.lower() for name in BY_ID[rule].names)


@pytest.mark.parametrize(
    "word",
    [
        "example",
        "EXAMPLE",
        "placeholder",
        "dummy",
        "sample",
        "redacted",
        "changeme",
        "change_me",
        "your-",
        "xxxx",
        "XXXX",
        "____",
        "insert",
        "REPLACE",
        "12345678",
        "abcdefg",
        "deadbeef",
        "qqqqqq",
    ],
)
def test_a_value_that_says_so_is_harmless(word: str) -> None:
    """In the middle of a value that would be a secret without it."""
    value = secret("named-secret", 2)
    assert found(line("assignment", "token", value))
    assert not found(line("assignment", "token", f"{value[:12]}-{word}{value[12:]}"))
    chosen = secret("password", 0)
    assert found(line("assignment", "password", chosen))
    assert not found(line("assignment", "password", f"{chosen}-{word}"))
