"""Which language a file is in: by its name, and where the name leaves it open, by its text.

The tables are `registry.toml` and `ambiguous.toml`. Text is looked at only near its beginning (and,
for a line that tells an editor the language, near its end), so the cost of a file is bounded.
"""

import re
from functools import cache

from codekiln.languages.registry import Language, ambiguities, languages

WINDOW = 16_384  # characters at the beginning in which patterns are searched for
EDGE = 512  # characters at either end in which an editor's modeline is

_SHEBANG = re.compile(r"#!\s*(\S+)(.*)")
_VERSION = re.compile(r"[\d.]+$")
# The Emacs manual, "Choosing modes": in the first line, or the second of a script.
_EMACS = re.compile(
    r"(?:.*\n)?.*?-\*-(?:.*(?<![\w-])mode:)?[ \t]*([\w+#-]+)[ \t]*(?:;.*)?-\*-", re.IGNORECASE
)
# Vim's help, "modeline". The colon comes first because a pattern with a literal there is fast.
_VIM = re.compile(r":(?:(?<=\svim:)|(?<=\svi:)|(?<=\sex:)).*?\b(?:ft|filetype|syntax)=(\w+)")
_MARK = re.compile(
    r"\s*(?i:(?P<html><!doctype html|<html\b)|(?P<xml><\?xml\b)|(?P<php><\?(?:php|=))"
    r"|(?P<bash>#(?:compdef|autoload)\b))"
)


def language_of(path: str, first_line: str = "") -> Language | None:
    """The language of a file, from its name, its longest known extension, or its `#!` line.

    An extension of several languages is given to the likeliest.

    >>> language_of("src/app/index.d.ts").name
    'typescript'
    >>> language_of("bin/serve", "#!/usr/bin/env -S python3.11 -u").name
    'python'
    """
    by_name, ending = _by_name(path)
    if by_name:
        return by_name
    if ending:
        return ambiguities()[ending].otherwise
    return _by_shebang(first_line)


def known_as(identifier: str) -> Language | None:
    """The language that an editor calls so.

    >>> known_as("typescriptreact").name
    'tsx'
    """
    return _tables()[3].get(identifier.lower())


def candidates(path: str) -> tuple[Language, ...]:
    """Every language that a file of this name may be in, the likeliest first; () if only its text tells.

    >>> [language.name for language in candidates("include/list.h")]
    ['c', 'objc', 'cpp']
    """
    by_name, ending = _by_name(path)
    if by_name:
        return (by_name,)
    return ambiguities()[ending].candidates if ending else ()


def detect(path: str, text: str) -> Language | None:
    """The language of a file, from its name, and where the name leaves it open, from its text.

    >>> detect("include/list.h", "template <class Item> class List;").name
    'cpp'
    """
    by_name, ending = _by_name(path)
    if by_name:
        return by_name
    declared = _by_modeline(text) or _by_shebang(text[:EDGE].partition("\n")[0])
    if not ending:
        return declared or _by_mark(text)
    ambiguity = ambiguities()[ending]
    if declared and (declared in ambiguity.candidates or not ambiguity.otherwise):
        return declared
    head = "\n" + text[:WINDOW].replace("\r\n", "\n")
    for language, pattern in ambiguity.patterns:
        if pattern.search(head):
            return language
    return ambiguity.otherwise or _by_mark(text)


def _by_name(path: str) -> tuple[Language | None, str]:
    """The language that the name alone tells, or the extension that leaves it open, or neither."""
    name = path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
    by_filename, by_extension, _, _ = _tables()
    if name in by_filename:
        return by_filename[name], ""
    place = name.find(".", 1)
    while place > 0:  # left to right, so the longest extension comes first
        extension = name[place:].lower()
        if extension in by_extension:
            return by_extension[extension], ""
        if extension in ambiguities():
            return None, extension
        place = name.find(".", place + 1)
    return None, ""


def _by_modeline(text: str) -> Language | None:
    """What a line for Emacs or Vim says."""
    start, end = text[:EDGE], text[-EDGE:]
    found = _EMACS.match(start) or _VIM.search(start) or _VIM.search(end)
    return known_as(found[1]) if found else None


def _by_shebang(line: str) -> Language | None:
    match = _SHEBANG.match(line)
    if not match:
        return None
    program = match[1].rpartition("/")[2]
    if program == "env":
        words = [word for word in match[2].split() if not word.startswith("-") and "=" not in word]
        program = words[0].rpartition("/")[2] if words else ""
    return _tables()[2].get(_VERSION.sub("", program))


def _by_mark(text: str) -> Language | None:
    """What the first words say."""
    match = _MARK.match(text)
    return languages()[match.lastgroup] if match and match.lastgroup else None


@cache
def _tables() -> tuple[dict[str, Language], ...]:
    """The languages by file name, extension, interpreter, and the names that editors use."""
    every = languages().values()
    return (
        {name: language for language in every for name in language.filenames},
        {ending: language for language in every for ending in language.extensions},
        {program: language for language in every for program in language.interpreters},
        {name: language for language in every for name in (language.name, *language.aliases)},
    )
