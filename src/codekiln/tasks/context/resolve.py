"""From names used in a file to the outlines of what they stand for, through imports.

A name is a chain, `module.function`. Imports of imports are followed, so that what a package hands
on is found where it is written; circles end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from codekiln.languages import Language
from codekiln.tasks.context.folder import RefusedError, SourceFile, WorkingFolder
from codekiln.tasks.context.imports import ALL, Import, places

LOOKS = 2000  # places where files are looked for, in one search
FILES = 64  # files that are read in one search

Chain = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The outline of a definition, and where it is."""

    name: str
    path: str
    outline: str


@dataclass
class Search:
    """One search: what it may cost, and what was refused on the way, with the reason."""

    folder: WorkingFolder
    refused: dict[str, str] = field(default_factory=dict)
    _looks: int = LOOKS
    _files: dict[str, SourceFile] = field(default_factory=dict)
    _modules: dict[tuple[str, str], SourceFile | None] = field(default_factory=dict)

    def find(self, path: str, language: Language, bound: Iterable[Import], chain: Chain) -> Found | None:
        """What a chain stands for in a file at `path` with these imports; None if that is not found."""
        return self._imported(path, language, bound, chain, set())

    def _imported(
        self, path: str, language: Language, bound: Iterable[Import], chain: Chain, seen: set[tuple[str, Chain]]
    ) -> Found | None:
        for each in bound:
            parts = tuple(each.name.split("."))
            if each.name == ALL:
                found = self._in_module(path, language, each.module, chain, seen)
            elif chain[: len(parts)] != parts:
                continue
            else:
                rest = chain[len(parts) :]
                member = (each.member,) if each.member else ()
                found = self._in_module(path, language, each.module, member + rest, seen)
                if found is None and member and language.name == "python" and rest:
                    dot = "" if each.module.endswith(".") else "."
                    found = self._in_module(path, language, f"{each.module}{dot}{each.member}", rest, seen)
            if found:
                return found
        return None

    def _in_module(
        self, importer: str, language: Language, module: str, chain: Chain, seen: set[tuple[str, Chain]]
    ) -> Found | None:
        file = self._module(importer, language, module) if chain else None
        if file is None or (file.path, chain) in seen or file.language is None:
            return None
        seen.add((file.path, chain))
        if chain[0] in file.definitions:
            return Found(chain[0], file.path, file.definitions[chain[0]])
        return self._imported(file.path, file.language, file.imports, chain, seen)

    def _module(self, importer: str, language: Language, module: str) -> SourceFile | None:
        key = importer, module
        if key not in self._modules:
            self._modules[key] = next(
                (
                    file
                    for place in places(language, module, importer, self._is_package)
                    if (file := self._file(place)) and place != importer
                ),
                None,
            )
        return self._modules[key]

    def _file(self, path: str) -> SourceFile | None:
        if path in self._files:
            return self._files[path]
        if path in self.refused or not self._exists(path):
            return None
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
        self._looks -= 1
        return self._looks >= 0 and self.folder.is_file(path)
