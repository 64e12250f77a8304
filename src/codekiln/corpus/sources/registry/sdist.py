"""Source archives of Python packages, which are unlike wheels in that pip would run them.

To learn the name and version of a source archive pip executes its `setup.py`, even to download it.
So the archive is chosen here, by its file name, and taken from the index by its hash. Needs the
libraries of the extra `corpus`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pypi_simple import DistributionPackage

from codekiln.corpus.sources.registry.index import Index, configured
from codekiln.corpus.sources.registry.request import FetchError, Request

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,250}")


@dataclass(frozen=True)
class Offer:
    """One source archive in one index."""

    version: Version
    file: DistributionPackage
    index: Index

    @property
    def released(self) -> bool:
        """Whether it is for everybody: neither a pre-release nor yanked."""
        return not (self.version.is_prerelease or self.file.is_yanked)


def download(request: Request) -> tuple[Path, str]:
    """A source archive and its version; the newest is the newest released.

    Raises:
        FetchError: there is no such package, version or source archive, or its index fails.
    """
    files = [
        (index, file) for index in configured(request.folder) for file in index.files(request.name)
    ]
    if not files:
        raise FetchError("does not exist in the registry: check its name")
    offers = [offer for index, file in files for offer in _offers(request.name, index, file)]
    if not offers:
        raise FetchError(f"has no source archive, only wheels: write 'pypi:{request.name}'")
    offer = _choose(offers, request.version)
    archive = request.folder / offer.file.filename
    offer.index.download(offer.file, archive)
    return archive, str(offer.file.version)


def _offers(name: str, index: Index, file: DistributionPackage) -> Iterator[Offer]:
    """One offer, or none: a file of another kind or package, or a name that is no file name."""
    if file.package_type != "sdist" or not _FILE_NAME.fullmatch(file.filename):
        return
    if canonicalize_name(file.project or "") == canonicalize_name(name):
        version = _version(file.version or "")
        if version:
            yield Offer(version, file, index)


def _choose(offers: list[Offer], wanted: str) -> Offer:
    """The first index wins among equals, and a tar ball over a zip, which knows no modes."""
    if wanted:
        fitting = [offer for offer in offers if offer.version == _version(wanted)]
    else:
        fitting = [offer for offer in offers if offer.released]
    if fitting:
        return max(fitting, key=lambda offer: (offer.version, ".tar" in offer.file.filename))
    kind = "of that version" if wanted else "but pre-releases and yanked ones"
    newest = max(offers, key=lambda offer: (offer.released, offer.version))
    raise FetchError(f"has no source archive {kind}: pin {newest.version}")


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
