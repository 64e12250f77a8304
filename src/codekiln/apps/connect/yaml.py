"""YAML, as far as one list at top level is concerned: an entry put in front of the others, or read.

There is no parser of YAML here. A file whose list is not plainly to be seen is refused.
"""

import json
import re

from codekiln.errors import SettingsError

_FIELD = re.compile(r"( *(?:- +)?)([\w-]+): +(.*?)\s*(?: #.*)?$")


def entry_named(text: str, name: str) -> dict[str, str]:
    """The plain fields of the first entry, of any list, with this `name`; none where there is none."""
    entries: list[dict[str, str]] = []
    margin = 0
    for found in filter(None, map(_FIELD.match, text.splitlines())):
        head, field, value = found.groups()
        if "-" in head and (not entries or len(head) <= margin):
            entries.append({})
            margin = len(head)
        if entries and len(head) == margin:
            entries[-1][field] = _plain(value)
    return next((entry for entry in entries if entry.get("name") == name), {})


def with_entry(text: str, name: str, entry: str) -> str:
    """The text with an entry, whose lines have no margin, first in the list of a name.

    Raises:
        SettingsError: the list is there and not in block style, or the file uses what is not understood.
    """
    if re.search(r"^(?:%|---[ \t]*\S|\.\.\.|\t)", text, re.MULTILINE) or text.count("\n---") > 0:
        raise SettingsError(
            "The file has more than one document, or is in a style that is not merged."
        )
    found = re.search(rf"^{re.escape(name)}:[ \t]*(#[^\n]*)?$\n?", text, re.MULTILINE)
    if not found:
        if re.search(rf"^[\"']?{re.escape(name)}[\"']?[ \t]*:", text, re.MULTILINE) or _is_flow(
            text
        ):
            raise SettingsError(f"'{name}' is there in a style that is not merged.")
        feed = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{feed}{name}:\n{_listed(entry, '  ')}"
    behind = text[found.end() :]
    first = re.match(r"(?:[ ]*(?:#[^\n]*)?\n)*([ ]*)(\S?)", behind)
    margin = first[1] if first and first[2] == "-" else "  "
    if first and first[2] and first[2] != "-" and first[1]:
        raise SettingsError(f"'{name}' is there and no list.")
    head = text[: found.end()]
    return (head if head.endswith("\n") else f"{head}\n") + _listed(entry, margin) + behind


def _plain(value: str) -> str:
    """A value without its quotes."""
    try:
        return str(json.loads(value)) if value.startswith('"') else value.strip("'")
    except ValueError:
        return value


def _listed(entry: str, margin: str) -> str:
    first, *rest = entry.splitlines()
    return "".join([f"{margin}- {first}\n", *(f"{margin}  {line}\n" for line in rest)])


def _is_flow(text: str) -> bool:
    """Whether the whole document is one pair of braces, as JSON is."""
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    return bool(lines) and lines[0].lstrip().startswith(("{", "["))
