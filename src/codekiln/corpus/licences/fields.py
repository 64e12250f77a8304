"""Licences that a header names in a form: "License: Foo", "@license Foo", "licensed under Foo/Bar".

What sentences grant is read in `grants.py`, SPDX's own tags in `tags.py`.
"""

import re
from collections.abc import Iterator

from codekiln.corpus.licences.expression import UNKNOWN
from codekiln.corpus.licences.grants import grants
from codekiln.corpus.licences.names import expression_of, named
from codekiln.corpus.licences.words import words

_FIELD = re.compile(
    r"^[^\w\n]*licen[cs]e[ \t]*[:=][ \t]*(?P<said>[^\n]{1,200})"
    r"|@licen[cs]e:?[ \t]+(?P<tagged>[^\n]{1,200})",
    re.IGNORECASE | re.MULTILINE,
)
# What of a value is no name, values that name no licence, and those that withhold one.
_ASIDE = re.compile(
    r"[,;.(<]?\s*(?:\bsee\b|https?:|[-–|]\s|\bwebsite\b|\bcopyright\b).*|[\s*/#\"'{}.,;]+\Z",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:see|files?|in|at|licen[cs]es?|copying|below|above|follow\w*|readme\w*|package|public domain"
    r"|str|string|text|none|optional|name)\b",
    re.IGNORECASE,
)
_WITHHELD = re.compile(
    r"proprietary|commercial|confidential|reserved|internal|closed|eula|custom|private|agreement",
    re.IGNORECASE,
)
_LONGEST_NAME = 8
_SLASHED = re.compile(
    r"licen[cs]ed?(?: \w+)?(?:: | under )(?:the |an? )?([\w.+-]+(?: ?/ ?[\w.+-]+)+)(?!/)",
    re.IGNORECASE,
)


def fields(passage: str) -> Iterator[str]:
    """The licences of fields, `UNKNOWN` if nobody knows one.

    Google's compilers keep a comment with "@license", so that the name of a program may follow it.

    >>> list(fields("@license React")), list(fields("License: React"))
    ([], ['LicenseRef-unknown'])
    """
    for match in _FIELD.finditer(passage):
        value = match["said"] or match["tagged"]
        name = _ASIDE.sub("", _ASIDE.sub("", value)).strip(" \t<{([\"'")
        licence = named(name) or ("" if name.isalpha() else expression_of(name))
        if licence:
            yield from [licence] if " OR " in licence else licence.split(" AND ")
        elif grants(words(f"licensed under {value}")).licences in ((), (UNKNOWN,)):
            is_example = ">>>" in passage
            if _WITHHELD.search(value) or (match["said"] and _is_name(name) and not is_example):
                yield UNKNOWN


def slashed(passage: str) -> Iterator[str]:
    """The licences of "licensed under A/B"; of what names none at all, a path, there are none."""
    for match in _SLASHED.finditer(passage):
        whole = expression_of(match[1])
        parts = [expression_of(part.strip()) for part in match[1].split("/")]
        if whole:
            yield whole
        elif any(parts):
            yield from (part or UNKNOWN for part in parts)


def _is_name(value: str) -> bool:
    return 0 < len(value.split()) <= _LONGEST_NAME and not _NO_NAME.search(value)
