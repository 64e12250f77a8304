"""The rules themselves: of one form, without entries that could never be met."""

import re

import pytest

from codekiln.corpus.domains import DOMAINS, rules
from codekiln.languages import languages

RULES = rules.load("domains.toml")
FAMILIES = rules.load("imports.toml")
NAMES = [
    (domain, kind, family, name)
    for domain, table in RULES.items()
    for kind in ("imports", "packages")
    for family, names in table.get(kind, {}).items()
    for name in names
]


def test_every_domain_can_be_met_in_many_ways():
    assert tuple(RULES) == DOMAINS
    assert len(DOMAINS) == 20
    for domain, table in RULES.items():
        assert set(table) <= {"languages", "paths", "topics", "imports", "packages"}
        assert {"topics", "imports"} <= set(table)
        assert re.fullmatch("[a-z]+(-[a-z]+)*", domain)
        assert {"python", "javascript", "jvm", "rust"} <= set(table["imports"])


def test_languages_and_families_are_known():
    assert {family for _, _, family, _ in NAMES} == set(FAMILIES)
    named = [name for table in RULES.values() for name in table.get("languages", ())]
    importing = [name for family in FAMILIES.values() for name in family["languages"]]
    assert len(importing) == len(set(importing)) > 20
    assert set(named) | set(importing) <= set(languages())


def test_patterns_have_one_group_and_begin_with_plain_characters():
    for family in FAMILIES.values():
        for pattern in family["patterns"]:
            assert re.compile(pattern).groups == 1
            assert re.match(r"[a-z]{4}|\\n", pattern), pattern


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_entry_is_found_by_its_own_name_and_by_a_longer_one(domain):
    for owner, kind, family, name in NAMES:
        if owner == domain:
            table = rules.imports(family) if kind == "imports" else rules.packages(family)
            assert domain in table.domains(name), name
            assert domain in table.domains(f"{name.upper()}.zzz"), name
    for topic in RULES[domain]["topics"]:
        assert domain in rules.topics().domains(topic), topic


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_path_is_found(domain):
    for path in RULES[domain].get("paths", ()):
        example = path.replace("*", "x")
        full = f"a/{example}b.c" if path.endswith("/") else f"a/b/{example}"
        assert domain in rules.of_path(full), path
        assert domain in rules.of_path(full.removeprefix("a/")), path
        longer = f"a/x{example}b.c" if path.endswith("/") else f"a/b/{example}.zzz"
        if not path.startswith("*") and not path.endswith("*"):
            assert domain not in rules.of_path(longer), path


def test_no_entry_says_what_a_shorter_one_does():
    for domain, kind, family, name in NAMES:
        table = rules.imports(family) if kind == "imports" else rules.packages(family)
        entry = table.entry(name)
        shorter = re.sub(r"[^a-z0-9]+[a-z0-9]*$", "", entry)
        assert shorter == entry or table.domains(shorter) != table.domains(entry), (domain, name)


def test_no_list_names_a_thing_twice():
    for table in RULES.values():
        lists = [table.get(kind, []) for kind in ("languages", "paths", "topics")]
        lists += [
            names for kind in ("imports", "packages") for names in table.get(kind, {}).values()
        ]
        for names in lists:
            assert len(names) == len({name.lower().replace("_", "-") for name in names}), names


@pytest.mark.parametrize(
    ("family", "name", "expected"),
    [
        ("python", "django.views.generic", {"web"}),
        ("python", "django.db.models", {"database"}),
        ("python", "Django_Filter", {"web"}),
        ("python", "djangologic", set()),
        ("python", "http.client", {"network"}),
        ("python", "http", set()),
        ("javascript", "react-native", {"mobile"}),
        ("javascript", "react-dom/server", {"web"}),
        ("javascript", "@angular/core", {"web"}),
        ("go", "net", {"network"}),
        ("go", "net/http", {"web"}),
        ("go", "net/http/httptest", {"testing"}),
        ("rust", "std::sync::Arc", {"concurrency"}),
        ("rust", "std::fmt", set()),
        ("c", "sys/socket.h", {"network"}),
        ("c", "stdio.h", set()),
        ("jvm", "org.springframework.data.jpa", {"database"}),
        ("php", "Symfony\\Component\\Console\\Command", {"command-line"}),
        ("python", "", set()),
        ("python", "...", set()),
    ],
)
def test_the_longest_known_part_of_a_name_counts(family, name, expected):
    assert rules.imports(family).domains(name) == expected


def test_a_name_of_a_million_parts_is_looked_at_no_further_than_its_beginning():
    assert rules.imports("python").domains("a." * 500_000) == frozenset()
    assert rules.imports("python").domains("flask." + "a." * 500_000) == {"web"}
