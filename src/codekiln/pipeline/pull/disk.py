"""A model on this disk: a GGUF file, or a folder as Hugging Face lays it out."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from codekiln.errors import ModelError
from codekiln.pipeline.pull.origin import NEEDED, WELCOME, check, copy, sha256_of


class DiskOrigin:
    """What lies at a path; it is copied, so the original may be moved away."""

    licence = ""  # a folder has it in words at most

    def __init__(self, path: Path) -> None:
        """Look at what is there.

        Raises:
            ModelError: it is neither, or the folder lacks something or has pickled weights alone.
        """
        from codekiln.model.arrays import INDEX_NAME, weight_files

        self.name = path.resolve().stem if path.is_file() else path.resolve().name
        if path.is_file():
            if path.suffix != ".gguf":
                raise ModelError(f"{path} is no model: give a .gguf file or a folder.")
            self._files = {"model.gguf": path}
            return
        names = [*NEEDED, *(name for name in (*WELCOME, INDEX_NAME) if (path / name).is_file())]
        for name in NEEDED:
            if not (path / name).is_file():
                raise ModelError(f"{path} holds no {name}: give the folder of a whole model.")
        files = [*(path / name for name in names), *weight_files(path)]
        self._files = {file.name: file for file in files}

    def state(self) -> Mapping[str, str]:
        """The files by their names, not their place: a model that was moved is the same."""
        return {f"disk:{name}": digest for name, digest in self._hashes.items()}

    def deliver(self, folder: Path) -> None:
        """Copy the files.

        Raises:
            SourceError: a file has changed since it was looked at.
        """
        for name, path in self._files.items():
            with path.open("rb") as file:
                found = copy(file, folder / name, path.stat().st_size)
            check(str(path), found, self._hashes[name])

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {name: sha256_of(path) for name, path in sorted(self._files.items())}
