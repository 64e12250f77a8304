"""The package indexes that pip is set up with, read without pip, which would build what it fetches.

Needs the libraries of the extra `corpus`. Addresses may hold passwords: none enters a message.
"""

import ast
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    DigestMismatchError,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedRepoVersionError,
)
from requests.adapters import BaseAdapter

from codekiln.corpus.sources.registry.pypi import pip
from codekiln.corpus.sources.registry.request import FetchError, OfflineError

_SECTIONS = ("global", "install", "download", ":env:")  # each beats those before it
_TRUE = frozenset(("1", "y", "yes", "t", "true", "on"))
_TIMEOUT = 60.0  # seconds without a byte


class Index:
    """One index, at an `https:` or a `file:` address."""

    def __init__(self, address: str, settings: Mapping[str, str]) -> None:
        """Take the address, and of pip's settings the certificates."""
        self._client = PyPISimple(address)
        self._client.s.verify = settings.get("cert", True)
        if address.startswith("file:"):  # no page from elsewhere may point to our files
            self._client.s.mount("file:", _Files())

    def files(self, name: str) -> list[DistributionPackage]:
        """All files of a package; none if the index does not know it.

        Raises:
            FetchError: the index does not answer, or gives what nobody can read.
        """
        with _problems():
            try:
                return self._client.get_project_page(name, timeout=_TIMEOUT).packages
            except NoSuchProjectError:
                return []

    def download(self, file: DistributionPackage, path: Path) -> None:
        """Write one file to `path`, compared with the hash in the index.

        Raises:
            FetchError: the index does not answer, or the file is another one.
        """
        with _problems():
            has_hash = bool(file.digests)  # a folder of files that is its own index has none
            self._client.download_package(file, path, verify=has_hash, timeout=_TIMEOUT)


def configured(folder: Path) -> list[Index]:
    """The indexes of pip's settings (files and environment), in its order; pip runs in `folder`.

    Raises:
        FetchError: there is no pip.
    """
    lines = pip("config", "list", folder=folder).stdout.splitlines()
    pairs = (line.partition("=") for line in lines if "='" in line)
    everything = {key: str(ast.literal_eval(value)) for key, _, value in pairs}
    settings: dict[str, str] = {}
    for section in _SECTIONS:
        start = f"{section}."
        found = {key: value for key, value in everything.items() if key.startswith(start)}
        settings |= {key.removeprefix(start): value for key, value in found.items()}
    if settings.get("no-index", "").lower() in _TRUE:
        raise FetchError("cannot be fetched, because pip is set up with 'no-index': unset it")
    addresses = settings.get("index-url", PYPI_SIMPLE_ENDPOINT), settings.get("extra-index-url", "")
    return [Index(address, settings) for address in " ".join(addresses).split()]


class _Files(BaseAdapter):
    """Answers for `file:` addresses; a folder answers with its `index.html`."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Open the file, if there is one."""
        response = requests.Response()
        response.request, response.url = request, request.url or ""
        path = Path(url2pathname(urlsplit(response.url).path))
        path = path / "index.html" if path.is_dir() else path
        response.status_code = 200 if path.is_file() else 404
        response.raw = path.open("rb") if path.is_file() else io.BytesIO()
        return response

    def close(self) -> None:
        """Nothing stays open."""


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except (requests.ConnectionError, requests.Timeout):
        raise OfflineError from None
    except DigestMismatchError:
        raise FetchError("is not the file that its index promised: try again later") from None
    except (requests.RequestException, UnsupportedRepoVersionError, ValueError) as error:
        reason = type(error).__name__
        raise FetchError(f"cannot be had from pip's index ({reason}): check its address") from None
