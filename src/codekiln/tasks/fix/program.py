"""Python programs that stand alone: a function with the part of its module that it needs.

Only what a function uses is taken, and only the standard library may be imported; whatever else it
refers to means that it does not stand alone. Nothing is run here.
"""

import ast
import builtins
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

LONGEST = 120  # lines of a program
Function = ast.FunctionDef | ast.AsyncFunctionDef
_GIVEN = frozenset(dir(builtins)) | {"__name__", "__doc__"}
_NAMED = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.ExceptHandler
    | ast.MatchAs
    | ast.MatchStar
)


@dataclass(frozen=True)
class Program:
    """Source that runs by itself, the function that it is about, and that function's parameters."""

    code: str
    function: Function

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    @property
    def is_awaited(self) -> bool:
        """Whether a call of it gives a coroutine."""
        return isinstance(self.function, ast.AsyncFunctionDef)


def programs(source: str) -> Iterator[Program]:
    """One program for each function at top level that stands alone, in the order of the file.

    None of a file that is no Python.
    """
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return
    file = _Module(source, module)
    for node in module.body:
        if isinstance(node, Function):
            code = file.closure(node)
            if code is not None:
                yield Program(code, _function(code, node.name))


class _Module:
    """A module's statements by the names they bind."""

    def __init__(self, source: str, module: ast.Module) -> None:
        self._lines = source.split("\n")
        self._module = module
        self._bound: dict[str, ast.stmt] = {}
        self._twice: set[str] = set()
        for node in module.body:
            for name in _binds(node):
                if name in self._bound:
                    self._twice.add(name)
                self._bound[name] = node

    def closure(self, function: Function) -> str | None:
        """The function and all that it refers to, in the order of the file; None if that is not enough."""
        needed: dict[ast.stmt, set[str]] = {function: {function.name}}
        waiting: list[ast.stmt] = [function]
        while waiting:
            node = waiting.pop()
            for name in sorted(_free(node)):
                found = self._bound.get(name)
                if (
                    name in _reaching("functions")
                    or name in self._twice
                    or (not found and name not in _GIVEN)
                ):
                    return None
                if found is None:
                    continue
                if found not in needed:
                    waiting.append(found)
                needed.setdefault(found, set()).add(name)
        return self._written(needed)

    def _written(self, needed: dict[ast.stmt, set[str]]) -> str | None:
        parts: list[str] = []
        for node in self._module.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                parts.insert(0, f"{ast.unparse(node)}\n")
            elif node in needed:
                if not _is_inside(node):
                    return None
                parts.append(self._text(node, needed[node]))
        imports = "".join(part for part in parts if part.startswith(("import ", "from ")))
        rest = "\n\n".join(part for part in parts if not part.startswith(("import ", "from ")))
        code = f"{imports}\n\n{rest}" if imports else rest
        return code if code.count("\n") <= LONGEST else None

    def _text(self, node: ast.stmt, names: set[str]) -> str:
        """A statement's own lines; of an import, what is needed."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            wanted = [alias for alias in node.names if _name(alias) in names]
            return "".join(f"{_import(node, alias)}\n" for alias in wanted)
        decorators = getattr(node, "decorator_list", [])
        first = min(part.lineno for part in (*decorators, node))
        return "".join(f"{line}\n" for line in self._lines[first - 1 : node.end_lineno])


def _function(code: str, name: str) -> Function:
    found = (node for node in ast.parse(code).body if isinstance(node, Function))
    return next(node for node in found if node.name == name)


def _binds(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at top level binds; of one that may or may not run, none."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from map(_name, node.names)
    elif isinstance(node, ast.Assign):
        yield from (
            part.id
            for target in node.targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name)
        )
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _free(node: ast.stmt) -> set[str]:
    """The names that a statement reads and that are not of its own scopes."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return set()
    read: set[str] = set()
    bound: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (read if isinstance(part.ctx, ast.Load) else bound).add(part.id)
        elif isinstance(part, ast.arg):
            bound.add(part.arg)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            bound.update(map(_name, part.names))
        elif isinstance(part, ast.Global | ast.Nonlocal):
            read.update(part.names)
        elif isinstance(part, _NAMED) and part.name:
            bound.add(part.name)
    return read - (bound - set(_binds(node)))


def _is_inside(node: ast.stmt) -> bool:
    """Whether a statement imports from the standard library alone, and nothing from outside."""
    modules: list[str] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            modules += [alias.name for alias in part.names]
        elif isinstance(part, ast.ImportFrom):
            modules.append("." if part.level or not part.module else part.module)
    roots = {name.partition(".")[0] for name in modules}
    return roots <= sys.stdlib_module_names and not roots & _reaching("modules")


@cache
def _reaching(kind: str) -> frozenset[str]:
    text = resources.files(__package__).joinpath("program.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)[kind])


def _name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _import(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import([alias]))
    return ast.unparse(ast.ImportFrom(node.module, [alias], node.level))
