"""The rules of `domains.toml` as tables to look up: by language, path, import, package and topic.

What a text imports is found in `imports.py`, what a manifest names in `manifests.py`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cache, lru_cache
from importlib import resources
from typing import Any

Domains = frozenset[str]
NONE: Domains = frozenset()
LONGEST = 200  # characters of a name that are looked at: a hostile one may have a million

_LAST_PART = re.compile(r"[^a-z0-9]+[a-z0-9]*$")  # of a name: "django.db" -> "django"
_LAST_TOPIC = re.compile(r"\s*::[^:]*$")  # "Topic :: Database :: Front-Ends" -> "Topic :: Database"


class Table:
    """Names, each with the domains that list it. A name stands for the longer ones it begins."""

    def __init__(self, entries: Mapping[str, Domains], last: re.Pattern[str]) -> None:
        """`last` matches what may be taken off the end of a name in lower case."""
        self._entries, self._last = entries, last
        self._cached = lru_cache(1 << 14)(self._longest)  # a corpus names the same over and over

    def entry(self, name: str) -> str:
        """The longest entry that stands for a name; `""` if there is none."""
        return self._cached(name[:LONGEST])

    def domains(self, name: str) -> Domains:
        """The domains of a name."""
        return self._entries.get(self.entry(name), NONE)

    def _longest(self, name: str) -> str:
        name = _normal(name)
        while name and name not in self._entries:
            shorter = self._last.sub("", name)
            name = shorter if shorter != name else ""
        return name


@cache
def load(file: str) -> Mapping[str, Any]:
    """A file of rules, which lies beside this one."""
    return tomllib.loads(resources.files(__package__).joinpath(file).read_text(encoding="utf-8"))


DOMAINS: tuple[str, ...] = tuple(load("domains.toml"))


@cache
def languages() -> Mapping[str, Domains]:
    """Of each language, the domains of all files in it."""
    return _listed("languages")


@cache
def imports(family: str) -> Table:
    """What files of a family of languages import."""
    return Table(_listed("imports", family), _LAST_PART)


@cache
def packages(family: str) -> Table:
    """What manifests name: what is imported, by the name of the import or by its own."""
    return Table({**_listed("imports", family), **_listed("packages", family)}, _LAST_PART)


@cache
def topics() -> Table:
    """Keywords, categories and classifiers."""
    return Table(_listed("topics"), _LAST_TOPIC)


def of_path(path: str) -> Domains:
    """The domains that folders and name of a file show."""
    folder, _, name = f"/{path.lower()}".rpartition("/")
    folders, names = _paths()
    found = [domains for part, domains in folders.items() if part in f"{folder}/"]
    found += [frozenset((domain,)) for domain, pattern in names.items() if pattern.match(name)]
    return NONE.union(*found)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _listed(*keys: str) -> Mapping[str, Domains]:
    """By name, the domains that list it under `keys`."""
    table: dict[str, Domains] = {}
    for domain, rules in load("domains.toml").items():
        names: Any = rules
        for key in keys:
            names = names.get(key, {})
        for name in map(_normal, names):
            table[name] = table.get(name, NONE) | {domain}
    return table


@cache
def _paths() -> tuple[Mapping[str, Domains], Mapping[str, re.Pattern[str]]]:
    """The domains of folders, written `/name/`, and of each domain its pattern for names."""
    folders: dict[str, Domains] = {}
    names: dict[str, re.Pattern[str]] = {}
    for domain, rules in load("domains.toml").items():
        paths: Iterable[str] = [path.lower() for path in rules.get("paths", ())]
        for path in paths:
            if path.endswith("/"):
                folders[f"/{path}"] = folders.get(f"/{path}", NONE) | {domain}
        globs = [translate(path) for path in paths if not path.endswith("/")]
        if globs:
            names[domain] = re.compile("|".join(globs))
    return folders, names
