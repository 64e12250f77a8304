"""SPDX expressions: which are well formed, what they name, how they combine, what they permit.

Words that are no SPDX expression ("New BSD", "GPLv2+") are read in `names.py`.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from boolean.boolean import ParseError
from license_expression import ExpressionError, Licensing, get_spdx_licensing

# A licence that is stated but that nobody can look up: no allow-list of ours holds it.
UNKNOWN = "LicenseRef-unknown"

_LONGEST = 1000
_REFERENCE = re.compile(r"(?:DocumentRef-[\w.\-]+:)?LicenseRef-[\w.\-]+\Z")
_LATER = re.compile(r"(?<=\d)\+(?=[\s)]|\Z)")
_ONLY_OR_LATER = re.compile(r"-(?:only|or-later)\Z")
_FROM_VERSION = re.compile(r"-?\d.*", re.DOTALL)
# SPDX gave these identifiers up for a licence and an exception (licence list 3.0).
# What "GPL", "LGPL" and "AGPL" are without a version: any that was ever published.
_BARE = frozenset({"GPL-1.0-or-later", "LGPL-2.0-or-later", "AGPL-3.0-or-later"})
_DEPRECATED = {
    "GPL-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0-or-later WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "wxWindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
}
_GIVEN_UP = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])" for name in _DEPRECATED))


def _permissive() -> tuple[str, ...]:
    text = resources.files(__package__).joinpath("permissive.toml").read_text(encoding="utf-8")
    return tuple(identifier for group in tomllib.loads(text).values() for identifier in group)


PERMISSIVE: tuple[str, ...] = _permissive()
"""The SPDX identifiers of permissive licences, from `permissive.toml`."""


@lru_cache(maxsize=4096)
def normalised(expression: str) -> str:
    """The expression in the spelling of the SPDX licence list, or `""` if it is none.

    Deprecated identifiers are replaced; `LicenseRef-` names stay as they are.

    >>> normalised("gpl-2.0+ or mit")
    'GPL-2.0-or-later OR MIT'
    >>> normalised("Apache 2")
    ''
    """
    tree = _parsed(expression)
    return "" if tree is None else str(tree)


def licences_of(expression: str) -> frozenset[str]:
    """The licences an expression names, without exceptions and without `-only` and `-or-later`."""
    tree = _parsed(expression)
    if tree is None:
        return frozenset()
    return frozenset(_ONLY_OR_LATER.sub("", _base(symbol)) for symbol in tree.symbols)


def joined(operator: Literal["AND", "OR"], expressions: Iterable[str]) -> str:
    """Well-formed expressions as one, each named once; of too many to read, `UNKNOWN`.

    >>> joined("AND", ["MIT", "ISC OR MIT", "MIT"])
    'MIT AND (ISC OR MIT)'
    """
    parts = [f"({expression})" for expression in dict.fromkeys(expressions) if expression]
    return (normalised(f" {operator} ".join(parts)) or UNKNOWN) if parts else ""


def identifiers() -> Iterable[str]:
    """The identifiers of the SPDX licence list."""
    symbols = _licensing().known_symbols.items()
    return (
        name for name, symbol in symbols
        if not symbol.is_exception and not _REFERENCE.match(name)
    )  # fmt: skip


def family(licence: str) -> str:
    """What the versions and variants of a licence share.

    >>> family("BSD-3-Clause"), family("CC-BY-SA-4.0"), family("CC0-1.0")
    ('BSD', 'CC-BY-SA', 'CC')
    """
    return _FROM_VERSION.sub("", licence)


def allowed(expression: str, allow: Iterable[str]) -> bool:
    """Whether an allow-list of SPDX identifiers permits an expression (SPDX 2.3, annex D).

    One side of an OR suffices, both of an AND are needed. An exception of the SPDX list only adds
    permissions, so `WITH` passes if its licence does, or if the list holds it whole. What is no
    expression, or names a licence that is not on the list, is not permitted.

    >>> allowed("GPL-2.0-only OR MIT", ["mit"]), allowed("GPL-2.0-only AND MIT", ["mit"])
    (True, False)
    """
    return _allowed(expression, tuple(allow))


def refined(found: str, stated: str) -> str:
    """The statement of how the licences that were found combine, if it names all of them.

    Two texts in a folder do not say whether they are a choice, nor the GPL's whether it is "or later".

    >>> refined("MIT AND Apache-2.0", "MIT OR Apache-2.0"), refined("GPL-3.0-only", "MIT")
    ('MIT OR Apache-2.0', 'GPL-3.0-only')
    """
    named = licences_of(found)
    return stated if named and named <= licences_of(stated) else found


def adds(expression: str, others: Iterable[str]) -> bool:
    """Whether an expression names a family of licences that others do not, or one of a family whose
    others are permissive that is not.

    >>> adds("MIT", ["MIT", "ISC"]), adds("ISC", ["MIT"])
    (False, True)
    >>> adds("BSD-3-Clause-No-Nuclear-License", ["BSD-3-Clause"])
    True
    """
    found = {family(licence): allowed(licence, PERMISSIVE) for licence in others}
    named = {family(licence) for licence in licences_of(expression)}
    if not named <= found.keys():
        return True
    return all(found[one] for one in named) and not allowed(expression, PERMISSIVE)


def without_bare(licences: Sequence[str]) -> list[str]:
    """Licences without those that another one names more exactly.

    >>> without_bare(["GPL-1.0-or-later", "MIT", "GPL-3.0-only", "GPL-3.0-or-later"])
    ['MIT', 'GPL-3.0-or-later']
    """
    exact = {family(licence) for licence in licences if licence not in _BARE}
    return [
        licence for licence in licences
        if not (licence in _BARE and family(licence) in exact)
        and licence.replace("-only", "-or-later") not in set(licences) - {licence}
    ]  # fmt: skip


def refined_by_family(found: str, stated: str) -> str:
    """A GNU licence that is named without a version is the version that is stated elsewhere.

    >>> refined_by_family("LGPL-2.0-or-later", "LGPL-2.1-only")
    'LGPL-2.1-only'
    """
    if found in _BARE and {family(licence) for licence in licences_of(stated)} == {family(found)}:
        return stated
    return found


@lru_cache(maxsize=4096)
def _allowed(expression: str, allow: tuple[str, ...]) -> bool:
    tree = _parsed(expression)
    return tree is not None and _permits(tree, _listed(allow))


@lru_cache(maxsize=64)
def _listed(allow: tuple[str, ...]) -> frozenset[str]:
    return frozenset(filter(None, map(normalised, allow)))


def _permits(tree: Any, listed: frozenset[str]) -> bool:
    if isinstance(tree, _licensing().OR):
        return any(_permits(part, listed) for part in tree.args)
    if isinstance(tree, _licensing().AND):
        return all(_permits(part, listed) for part in tree.args)
    if str(tree) in listed:
        return True
    exception = getattr(tree, "exception_symbol", None)
    # Others than SPDX list "exceptions" that take back: the Commons Clause is one.
    adds = exception is None or not _REFERENCE.match(exception.key)
    return adds and _base(tree) in listed


def _base(symbol: Any) -> str:
    return str(getattr(symbol, "license_symbol", symbol))


def _parsed(expression: str) -> Any:
    """The tree of an expression, or None if it is none that we can look up."""
    if not expression.strip() or len(expression) > _LONGEST:
        return None
    current = _GIVEN_UP.sub(lambda name: f"({_DEPRECATED[name[0]]})", expression)
    # "Or later" is a suffix of its own for the GNU licences alone; of others, any version will do.
    for candidate in (current, _LATER.sub("", current)):
        try:
            tree = _licensing().dedup(_licensing().parse(candidate, strict=True))
        except (ExpressionError, ParseError, AttributeError, RecursionError):
            return None
        unknown = _licensing().unknown_license_symbols(tree)
        if all(_REFERENCE.match(symbol.key) for symbol in unknown):
            return tree
    return None


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()
