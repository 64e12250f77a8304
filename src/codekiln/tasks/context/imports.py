"""What a file imports, and at which places of a folder that may be found.

By patterns and not by syntax trees: the open file is read at every key and does not parse at most of
them. Known are Python, JavaScript and TypeScript (relative modules), C and C++ (headers in quotes) and
Java. Nothing is opened here.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codekiln.languages import Language

ALL = "*"
SOURCE_FOLDERS = (
    "",
    "src",
    "lib",
    "include",
    "src/main/java",
)  # where imports of a repository begin

_SCRIPTS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts")

_PYTHON = re.compile(
    r"""^[ \t]*(?:
        from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*(?:\((?P<many>[^()]{1,4000})\)|(?P<few>[^\n\#(]+))
        |import[ \t]+(?P<modules>[^\n\#;]+)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_SCRIPT = re.compile(
    r"""^[ \t]*(?:
        (?:import|export)\b(?P<clause>[^;'"`=()]{1,2000}?)\bfrom\s*['"](?P<from>\.[^'"\n]*)['"]
        |(?:const|let|var)\s+(?P<names>\{[^{}]{1,2000}\}|[\w$]+)\s*=\s*
            require\(\s*['"](?P<required>\.[^'"\n]*)['"]
    )""",
    re.MULTILINE | re.VERBOSE,
)
_HEADER = re.compile(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*"([^"\n]+)"', re.MULTILINE)
_JAVA = re.compile(r"^import[ \t]+([\w.]+)[ \t]*;", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Import:
    """One name that an import binds: dotted for `import a.b`, `ALL` for whatever is in the module.

    `member` is what the name stands for in `module`: empty for the module itself, `ALL` for all.
    """

    name: str
    module: str
    member: str


def imports(language: Language, text: str) -> list[Import]:
    """What a file imports from places that could be in its own folder, in order."""
    read = _READERS.get(language.name)
    return list(read(text)) if read else []


def places(
    language: Language, module: str, importer: str, is_package: Callable[[str], bool]
) -> Iterator[str]:
    """Paths in the folder where a module may lie, likeliest first; `importer` is the importing file's.

    `is_package` tells of a folder whether it is a Python package, in which no absolute import begins.
    """
    here = posixpath.dirname(importer)
    if language.name == "python":
        yield from _python_places(module, here, is_package)
    elif language.name == "java":
        yield from (f"{folder}{module.replace('.', '/')}.java" for folder in _above(here))
    elif language.name in ("c", "cpp", "objc"):
        yield from (_joined(folder, module) for folder in _above(here))
    else:
        path = _joined(here, module)
        stem, ending = posixpath.splitext(path)
        yield path
        if ending in (".js", ".mjs", ".jsx"):  # how TypeScript names what will be compiled
            yield from (stem + script for script in _SCRIPTS)
        yield from (path + script for script in _SCRIPTS)
        yield from (f"{path}/index{script}" for script in _SCRIPTS)


def _python_places(module: str, here: str, is_package: Callable[[str], bool]) -> Iterator[str]:
    name = module.lstrip(".")
    level = len(module) - len(name)
    if level:
        starts = [_joined(here, "../" * (level - 1))]
    else:
        starts = [folder for folder in _above(here) if not is_package(folder.rstrip("/"))]
    for start in starts:
        path = _joined(start, name.replace(".", "/"))
        if name:
            yield f"{path}.py"
        yield _joined(path, "__init__.py")


def _above(folder: str) -> list[str]:
    """The folder, those around it, and where sources usually lie; each with a slash, or empty."""
    parts = folder.split("/") if folder else []
    around = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return [f"{place}/" if place else "" for place in dict.fromkeys((*around, *SOURCE_FOLDERS))]


def _joined(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined


def _python(text: str) -> Iterator[Import]:
    for found in _PYTHON.finditer(text):
        if found["modules"]:
            for module, name in _renamed(found["modules"]):
                yield Import(name, module, "")
            continue
        for member, name in _renamed(found["many"] or found["few"] or ""):
            yield Import(name, found["module"], member)


def _script(text: str) -> Iterator[Import]:
    for found in _SCRIPT.finditer(text):
        module = found["from"] or found["required"]
        clause = found["clause"] or found["names"]
        braces = re.search(r"\{(.*)\}", clause, re.DOTALL)
        for member, name in _renamed(braces[1].replace(":", " as ") if braces else ""):
            yield Import(name, module, member)
        rest = re.sub(r"\{.*\}", "", clause, flags=re.DOTALL).replace("type ", "")
        for member, name in _renamed(rest):
            if member == ALL:
                yield Import(name, module, ALL if name == ALL else "")
            else:
                yield Import(name, module, "" if found["required"] else "default")


def _header(text: str) -> Iterator[Import]:
    return (Import(ALL, found[1], ALL) for found in _HEADER.finditer(text))


def _java(text: str) -> Iterator[Import]:
    for found in _JAVA.finditer(text):
        name = found[1].rpartition(".")[2]
        yield Import(name, found[1], name)


def _renamed(clause: str) -> Iterator[tuple[str, str]]:
    """`a, b as c` as (a, a), (b, c)."""
    for part in _COMMENT.sub("", clause).split(","):
        words = part.replace("type ", "").split()
        if len(words) == 1 or (len(words) == 3 and words[1] == "as"):
            yield words[0], words[-1]


_READERS: dict[str, Callable[[str], Iterator[Import]]] = {
    "python": _python,
    "javascript": _script,
    "typescript": _script,
    "tsx": _script,
    "c": _header,
    "cpp": _header,
    "objc": _header,
    "java": _java,
}
