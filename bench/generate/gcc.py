"""GCC as a parser of single files, for the benchmark of verification.

GCC cannot parse C without knowing which names are types. So it reads files with standard headers in place
of their directives, and a file that it takes once some unknown names are declared as types is taken.
Conditions are left out, so that it reads all branches.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

Names = dict[str, None]  # of types, in the order of their declarations

# What GCC's lexer and parser say, as against what it knows of names and types (a base class, say).
_SYNTAX = re.compile(
    r"error: ((?:expected(?! class-name)|stray|missing terminating|unterminated"
    r"|invalid (?:suffix|digit)|empty char|exponent has no|two or more data types|a label can only"
    r"|a function-definition is not"
    r"|'else' without|'(?:case|default)|'default'|break statement not|continue statement not"
    r"|ISO C\+\+ forbids declaration).*|.*(?:case label|at end of input|forbids declaration).*)"
)
_NAME = re.compile(
    r"error: (?:unknown type name )?'(?:\w+::)*(\w+)'"
    r"(?: undeclared| does not name| was not declared| has not been declared| is not a member"
    r"| in namespace|;|\n|$)"
)
_HEADERS = {
    "c": "assert ctype errno limits math setjmp signal stdarg stdbool stddef stdint stdio stdlib string"
    " time unistd sys/types",
    "c++": "cassert cctype cerrno climits cmath cstdarg cstddef cstdint cstdio cstdlib cstring ctime"
    " algorithm array atomic chrono deque fstream functional iomanip iostream iterator list map memory"
    " mutex numeric optional queue random set sstream stack stdexcept string thread tuple unordered_map"
    " unordered_set utility vector",
}
_ROUNDS = 3  # of declaring types that were not known
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(?!define|undef|[ \t])(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)


def first_errors(language: str, texts: Sequence[str]) -> list[str]:
    """The first syntax error of each text in "c" or "c++", or nothing."""
    known: dict[str, Names] = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        read = partial(_errors, language, _headers(language, Path(folder)))
        return list(pool.map(partial(_first_error, language, read, known), texts))


def _first_error(
    language: str, read: Callable[[str], str], known: dict[str, Names], text: str
) -> str:
    """The error that stays; the types of a file with the same directives are tried before all else."""
    file = "".join(_DIRECTIVE.findall(text))
    plain = _DIRECTIVE.sub(lambda match: "\n" * match[0].count("\n"), text)
    if file in known and not _SYNTAX.search(read(_prelude(language, known[file], plain) + plain)):
        return ""
    names: Names = {}
    for _ in range(_ROUNDS):
        found = read(_prelude(language, names, plain) + plain)
        error = _SYNTAX.search(found)
        if error is None:
            known[file] = names
            return ""
        new = [name for name in _NAME.findall(found) if _is_type(name, plain, found)]
        if not new:
            break
        names.update(dict.fromkeys(new))
    return error[1]


def _prelude(language: str, names: Names, text: str) -> str:
    return "".join(_declared(language, name, text) for name in names)


def _is_type(name: str, text: str, found: str) -> bool:
    """Whether a name that nobody declared is a type, by what GCC says or by how it is used."""
    if re.search(rf"unknown type name '{name}'|'{name}' does not name a type", found):
        return True
    if re.search(rf"(?:^|[;{{}}(,=])[ \t]*{name}[ \t]*(?:=(?!=)|->|\.|\[)", text, re.MULTILINE):
        return False
    cast = rf"\(\s*(?:const\s+)?{name}\s*(?:\*+\s*\)|\)\s*[\w(&*])"
    scope = rf"\b{name}\s*(?:<|::|\s[*&\s]*\w+\s*[(=;{{,)])"
    return name.endswith("_t") or bool(re.search(f"{cast}|{scope}", text))


def _declared(language: str, name: str, text: str) -> str:
    """A type by this name; a template where it is used like one."""
    if language == "c":
        return f"typedef int {name};\n"
    generic = re.search(rf"\b{name}\s*<", text)
    return f"{'template <class...> ' if generic else ''}struct {name} {{}};\n"


def _errors(language: str, headers: Path, text: str) -> str:
    command = ["gcc", "-x", language, "-include", str(headers), "-fsyntax-only", "-fmax-errors=0"]
    return subprocess.run(
        [*command, "-fpermissive", "-w", "-"],
        input=text.encode(),
        capture_output=True,
        env=os.environ | {"LC_ALL": "C"},
    ).stderr.decode(errors="replace")


def _headers(language: str, folder: Path) -> Path:
    """A header with standard ones, compiled so that reading it costs little."""
    path = folder / "standard.h"
    ending = ".h" if language == "c" else ""
    names = _HEADERS[language].split()
    path.write_text("".join(f"#include <{name}{ending}>\n" for name in names), encoding="utf-8")
    subprocess.run(["gcc", "-x", f"{language}-header", "-fpermissive", "-w", path], check=True)
    return path
