"""What the manifest of a package says of its licence: one small reader for each kind of manifest.

A reader gives the SPDX expression, `""` where the manifest says nothing, and `UNKNOWN` where it
says what nobody can read. Licence files are read in `texts.py`.
"""

import email.parser
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from codekiln.corpus.foreign import ini, toml
from codekiln.corpus.licences.expression import UNKNOWN, family, joined, licences_of
from codekiln.corpus.licences.names import expression_of, stated
from codekiln.corpus.licences.texts import text_licence

_LONGEST_NAME = 200
# Says no more than that there is a licence file.
_SILENT = re.compile(
    r"(?:unknown|none|n/a|tbd|(?:(?:please|refer|to|see|the|in|file|accompanying|included|license|licence)[\s:]+)*"
    r"(?:licen[cs]es?|copying)(?:[-.](?:txt|md|rst|mit|apache))?(?:\s+file)?(?:\s+for\s+(?:more\s+)?details)?)\.?\Z",
    re.IGNORECASE,
)
_ONLY_A_FILE = re.compile(r"(?:[+|]\s*)?file\s+licen[cs]e\w*", re.IGNORECASE)
_WITHHELD = re.compile(
    r"proprietary|commercial|confidential|reserved|internal|closed", re.IGNORECASE
)
_GEM = re.compile(
    r"^[^#\n]{0,100}\.licenses?[ \t]*=\s{0,100}(\[[^\]]{0,1000}\]|%w.[^\])}>]{0,1000}|[\"'][^\"'\n]+[\"'])",
    re.MULTILINE,
)
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")
_POM_NAME = re.compile(r"<name>([^<]*)</name>")


def manifest_licence(name: str, text: str) -> str:
    """The SPDX expression that a manifest of this file name states."""
    reader = _READERS.get(name, _gemspec if name.endswith(".gemspec") else None)
    assert reader is not None, f"no manifest: {name}"
    try:
        return reader(text)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ""  # broken, or of another tool with a file of this name


def _package_json(text: str) -> str:
    """npm: "license" is an expression or, in old packages, an object; "licenses" are a choice."""
    manifest = json.loads(text)
    value = manifest.get("license") or manifest.get("licenses") or ""
    return joined("OR", map(_statement, _names(value)))


def _composer(text: str) -> str:
    """Composer: a list is a choice (getcomposer.org, the composer.json schema, "license")."""
    return joined("OR", map(_statement, _names(json.loads(text).get("license") or "")))


def _cargo(text: str) -> str:
    """Cargo: an expression, or `/` for a choice; a workspace states it for its members."""
    manifest = toml(text)
    workspace = manifest.get("workspace", {}).get("package", {})
    value = manifest.get("package", {}).get("license") or workspace.get("license")
    return _statement(value) if isinstance(value, str) else ""


def _pyproject(text: str) -> str:
    """PEP 639's expression, PEP 621's table, or Poetry's own."""
    manifest = toml(text)
    project, poetry = manifest.get("project", {}), manifest.get("tool", {}).get("poetry", {})
    value = project.get("license") or poetry.get("license") or ""
    classifiers = project.get("classifiers") or poetry.get("classifiers") or []
    return _python(value.get("text", "") if isinstance(value, Mapping) else value, classifiers)


def _setup_cfg(text: str) -> str:
    metadata = ini(text).get("metadata", {})
    return _python(metadata.get("license", ""), metadata.get("classifiers", "").splitlines())


def _core_metadata(text: str) -> str:
    """Python's core metadata 2.4: PKG-INFO of an sdist, METADATA of a wheel."""
    fields = email.parser.HeaderParser().parsestr(text.partition("\n\n")[0])
    expression = fields.get("License-Expression", "")
    classifiers = fields.get_all("Classifier", [])
    return stated(expression) if expression else _python(fields.get("License", ""), classifiers)


def _pom(text: str) -> str:
    """Maven: "the user can select any of them" (maven.apache.org, POM reference, "Licenses")."""
    outside = (part.rpartition("-->")[2] for part in text.split("<!--"))
    block = "".join(outside).partition("<licenses>")[2].partition("</licenses>")[0]
    return joined("OR", map(_statement, _POM_NAME.findall(block)))


def _gemspec(text: str) -> str:
    """RubyGems: nothing says that several licences are a choice, so that all of them hold."""
    match = _GEM.search(text)
    if not match:
        return ""
    names = match[1][3:].split() if match[1].startswith("%w") else _QUOTED.findall(match[1])
    return joined("AND", map(_statement, names))


def _r_description(text: str) -> str:
    """R: `|` is a choice, and `+ file LICENSE` names the holders (Writing R Extensions, 1.1.2)."""
    fields = email.parser.HeaderParser().parsestr(text.partition("\n\n")[0])
    if "Package" not in fields:
        return ""
    return _statement(_ONLY_A_FILE.sub("", fields.get("License", "")))


def _python(licence: str, classifiers: Sequence[str]) -> str:
    """The licence field and the classifiers of Python packages, the more exact of the two first.

    What names a version is the more exact. Several classifiers all hold, unless the field calls the
    package dually licensed; so does what the classifiers name beyond the field, if only
    "Other/Proprietary License". They stand for a field that nobody can read.
    """
    dual = "dual" in licence.lower()
    field = "" if dual else _statement(licence)
    listed = [_classified(line) for line in classifiers if line.strip().startswith("License ::")]
    trove = joined("OR" if dual else "AND", listed)
    if not field or not trove:
        return field or trove
    if field == UNKNOWN and not _WITHHELD.search(licence):
        return trove
    if not _families(trove) <= _families(field):
        return joined("AND", [field, trove])
    exact = any(map(str.isdigit, licence)) or not any(map(str.isdigit, trove))
    return field if exact else trove


def _classified(classifier: str) -> str:
    """The licence of a trove classifier; the bare "OSI Approved" and "Public Domain" name none."""
    name = classifier.rpartition("::")[2].strip()
    if name.endswith(")"):
        name = name.partition("(")[0].rstrip()
    return "" if name in ("OSI Approved", "DFSG approved", "Public Domain") else stated(name)


def _statement(value: str) -> str:
    """What people write into a field: an expression, a name, the whole text, or nothing."""
    value = value.strip()
    if not value or (_SILENT.match(value) and not expression_of(value)):
        return ""
    if "\n" in value or len(value) > _LONGEST_NAME:
        return text_licence(value) or expression_of(value.partition("\n")[0]) or UNKNOWN
    return stated(value)


def _families(expression: str) -> set[str]:
    return {family(licence) for licence in licences_of(expression)}


def _names(value: Any) -> Iterable[str]:
    """The names in a string, an object with a type, or a list of either."""
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    if isinstance(value, Mapping):
        value = value.get("type") or value.get("name") or ""
    return [value] if isinstance(value, str) else []


_READERS: Mapping[str, Callable[[str], str]] = {
    "package.json": _package_json,
    "composer.json": _composer,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "PKG-INFO": _core_metadata,
    "METADATA": _core_metadata,
    "Cargo.toml": _cargo,
    "pom.xml": _pom,
    "DESCRIPTION": _r_description,
}
