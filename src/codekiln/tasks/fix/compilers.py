"""Trials of whole files: a compiler takes them or says why not.

Which compilers there are, whoever runs them says; a language without one is none that bugs can be put
into.
"""

import re
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from codekiln.errors import UsageError
from codekiln.languages import Language
from codekiln.sandbox.specification import PATH
from codekiln.tasks.fix.tests import PYTHON
from codekiln.tasks.fix.trial import Trial

LONGEST = 250  # lines of a file that is compiled
_PUBLIC = re.compile(r"^public\s+(?:\w+\s+)*?(?:class|interface|enum|record)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Compiler:
    """How a language's files are checked; `imports` matches a line that needs more than the compiler."""

    command: tuple[str, ...]
    imports: re.Pattern[str] | None
    syntax_only: bool

    def trial(self, language: Language, path: str, content: str) -> Trial | None:
        """The trial of a file that may stand alone, as far as its imports tell."""
        if content.count("\n") > LONGEST or (self.imports and self.imports.search(content)):
            return None
        name = path.rpartition("/")[2]
        if language.name == "java":
            public = _PUBLIC.search(content)
            name = f"{public[1]}.java" if public else name
        command = tuple(part.replace("{file}", name) for part in self.command)
        return Trial(name, command, {})


def compiler_of(language: Language) -> Compiler:
    """How files of a language are checked.

    Raises:
        UsageError: no compiler is known for it, or it is not installed.
    """
    found = _compilers().get(language.name)
    if found is None:
        known = ", ".join(_compilers())
        raise UsageError(f"Nothing here compiles {language.name}: bugs can be tried in {known}.")
    if not _is_installed(found):
        raise UsageError(
            f"Files of {language.name} are checked with '{found.command[0]}', which is not in {PATH}: "
            "install it there, or leave the language out."
        )
    return found


def installed() -> list[str]:
    """The languages that bugs can be tried in here."""
    return [name for name, compiler in _compilers().items() if _is_installed(compiler)]


def _is_installed(compiler: Compiler) -> bool:
    name = compiler.command[0]
    return name == PYTHON or shutil.which(name, path=PATH) is not None


@cache
def _compilers() -> dict[str, Compiler]:
    text = resources.files(__package__).joinpath("compilers.toml").read_text(encoding="utf-8")
    return {
        name: Compiler(
            tuple(table["command"]),
            re.compile(table["imports"], re.MULTILINE) if "imports" in table else None,
            table.get("syntax_only", False),
        )
        for name, table in tomllib.loads(text).items()
    }
