"""From names used in a file to the outlines of what they stand for, through imports.

A name is a chain, `module.function`. Imports of imports are followed, so that what a package hands
on is found where it is written; circles end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from codekiln.languages import Language
from codekiln.tasks.context.folder import Folder, RefusedError, SourceFile
from codekiln.tasks.context.imports import ALL, Import, places
from codekiln.tasks.context.outline import Outline

LOOKS = 2000  # places where one search looks for a file
FILES = 64  # files that one search reads
HOPS = 100  # names that one name is followed to

Chain = tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """The outline of what a name stands for, and the file it is in."""

    name: str
    path: str
    outline: Outline


@dataclass
class Search:
    """One search, for a prompt. `refused` tells of each file that was not read, why."""

    folder: Folder
    refused: dict[str, str] = field(default_factory=dict)
    _known: dict[str, bool] = field(default_factory=dict)
    _files: dict[str, SourceFile] = field(default_factory=dict)
    _modules: dict[tuple[str, str], SourceFile | None] = field(default_factory=dict)
    _asked: set[tuple[str, Chain]] = field(default_factory=set)

    def find(
        self, path: str, language: Language, bound: Iterable[Import], chain: Chain
    ) -> Definition | None:
        """What a chain stands for in a file at `path` with these imports; None if nothing is found."""
        self._asked = set()
        return self._through(path, language, bound, chain)

    def _through(
        self, path: str, language: Language, bound: Iterable[Import], chain: Chain
    ) -> Definition | None:
        for each in bound:
            for module, rest in _meanings(language, each, chain):
                file = self._module(path, language, module)
                found = self._in_file(file, rest) if file else None
                if found:
                    return found
        return None

    def _in_file(self, file: SourceFile, chain: Chain) -> Definition | None:
        if (file.path, chain) in self._asked or len(self._asked) >= HOPS:
            return None
        self._asked.add((file.path, chain))
        outline = file.definitions.get(chain[0])
        if outline:
            return Definition(chain[0], file.path, outline)
        return self._through(file.path, file.language, file.imports, chain)

    def _module(self, importer: str, language: Language, module: str) -> SourceFile | None:
        key = importer, module
        if key not in self._modules:
            paths = places(language, module, importer, self._is_package)
            files = (self._file(path) for path in paths if path != importer)
            self._modules[key] = next(filter(None, files), None)
        return self._modules[key]

    def _file(self, path: str) -> SourceFile | None:
        if path not in self._files and path not in self.refused and self._exists(path):
            if len(self._files) >= FILES:
                self.refused[path] = f"{FILES} files were read before it"
                return None
            try:
                self._files[path] = self.folder.file(path)
            except RefusedError as error:
                self.refused[path] = str(error)
        return self._files.get(path)

    def _is_package(self, folder: str) -> bool:
        return bool(folder) and self._exists(f"{folder}/__init__.py")

    def _exists(self, path: str) -> bool:
        if path not in self._known:
            if len(self._known) >= LOOKS:
                self.refused.setdefault(path, f"{LOOKS:,} places were looked at before it")
                return False
            self._known[path] = self.folder.is_file(path)
        return self._known[path]


def _meanings(language: Language, bound: Import, chain: Chain) -> Iterable[tuple[str, Chain]]:
    """In which modules a chain may be, and under which name, if it begins with an import's name."""
    if bound.name == ALL:
        return [(bound.module, chain)]
    parts = tuple(bound.name.split("."))
    rest = chain[len(parts) :]
    if chain[: len(parts)] != parts:
        return []
    if not bound.member:
        return [(bound.module, rest)] if rest else []
    found = [(bound.module, (bound.member, *rest))]
    if rest and language.name == "python":  # what is imported from a package may be a module
        dot = "" if bound.module.endswith(".") else "."
        found.append((f"{bound.module}{dot}{bound.member}", rest))
    return found
