"""From `pypi:NAME==VERSION` and its like to an archive on this disk; what is here is not fetched."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import disk_errors
from codekiln.corpus.sources.registry import debian, npm, pypi
from codekiln.corpus.sources.registry.request import FetchError, OfflineError, Request
from codekiln.corpus.sources.registry.shelf import Fetched, Shelf
from codekiln.errors import MissingExtraError, SourceError


@dataclass(frozen=True)
class Registry:
    """How one registry writes names and versions, and what downloads a package of it.

    `download` fills the folder of the request and gives the archive and its version, or raises a
    `FetchError`. No code of the package runs. Nothing but what matches `name` and `version` in full
    gets near a command line: no option, path, address, alias or range.
    """

    name: str
    separator: str
    version: str
    download: Callable[[Request], tuple[Path, str]]

    def parse(self, package: str) -> tuple[str, str] | None:
        """Name and version; "" where none is given, None where it is neither."""
        form = rf"({self.name})(?:{self.separator}({self.version}))?"
        match = re.fullmatch(form, package, re.ASCII)
        return (match[1], match[2] or "") if match else None


def _sdist(request: Request) -> tuple[Path, str]:
    try:
        from codekiln.corpus.sources.registry import sdist
    except ImportError:
        raise MissingExtraError("corpus", "Fetching source archives") from None
    return sdist.download(request)


_PYTHON_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,99}[A-Za-z0-9])?"
_PYTHON_VERSION = r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,99}"
_NPM_NAME = r"(?:@[a-z0-9][a-z0-9._~-]{0,99}/)?[A-Za-z0-9][A-Za-z0-9._~-]{0,99}"
_NPM_VERSION = r"\d+\.\d+\.\d+(?:[-+][A-Za-z0-9.+-]{1,99})?"
_DEBIAN_NAME = r"[a-z0-9][a-z0-9+.-]{1,99}"
_DEBIAN_VERSION = r"(?:\d{1,9}:)?[A-Za-z0-9][A-Za-z0-9.+~-]{0,99}"

REGISTRIES: Mapping[str, Registry] = {
    "pypi": Registry(_PYTHON_NAME, "==", _PYTHON_VERSION, pypi.download),
    "sdist": Registry(_PYTHON_NAME, "==", _PYTHON_VERSION, _sdist),
    "npm": Registry(_NPM_NAME, "@", _NPM_VERSION, npm.download),
    "debian": Registry(_DEBIAN_NAME, "=", _DEBIAN_VERSION, debian.download),
}
SCHEMES = tuple(REGISTRIES)


def fetch(scheme: str, package: str, downloads: Path) -> Fetched:
    """The package that a recipe names as `scheme:package`, kept below `downloads` from then on.

    A version that is here is used without a network; without a version the registry is asked for
    the newest each time.

    Raises:
        SourceError: it is no name of a package, there is no such package or version, the registry
            does not answer, or its client is missing or fails.
        DiskError: the disk is full, read-only or failing.
    """
    registry = REGISTRIES[scheme]
    parsed = registry.parse(package)
    if parsed is None:
        raise SourceError(
            f"'{scheme}:{package}' names no package: write '{scheme}:NAME' or "
            f"'{scheme}:NAME{registry.separator}VERSION'."
        )
    name, version = parsed
    room = downloads.absolute() / scheme
    with disk_errors(room):
        shelf = Shelf(room / name, name)
        kept = shelf.find(version) if version else None
        if kept:
            return kept
        try:
            with shelf.delivery() as folder:
                archive, found = registry.download(Request(name, version, folder, room))
                if not re.fullmatch(registry.version, found):
                    raise FetchError(f"came as version {found!r}, which is none: pin another")
                return shelf.keep(archive, found, version)
        except OfflineError as error:
            remedy = _at_hand(f"{scheme}:{name}{registry.separator}", shelf.versions())
            raise SourceError(f"'{scheme}:{package}' {error}: {remedy}.") from None
        except FetchError as error:
            raise SourceError(f"'{scheme}:{package}' {error}.") from None


def _at_hand(prefix: str, versions: list[str]) -> str:
    if not versions:
        return "check the network and the proxy"
    return f"check the network, or pin what is here, '{prefix}{versions[-1]}'"
