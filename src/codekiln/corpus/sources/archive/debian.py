"""A Debian source package: the `.dsc` file and the archives that it names, beside it.

Its signature is not checked, which needs the archive's keys: apt does that. Patches of the package
are files like others and are not applied; a `.diff.gz` is a patch alone and is left out.
The form is that of deb822(5) and dsc(5).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from codekiln.errors import SourceError

SUFFIX = ".dsc"
_LONGEST = 1 << 20
_FIELD = re.compile(r"^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_SUM = re.compile(r"^[ \t]+([0-9a-f]{64})[ \t]+\d+[ \t]+(\S+)$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.~_%-]*")
_COMPONENT = re.compile(r"\.orig-([A-Za-z0-9-]+)\.tar\.\w+$")
_ARCHIVE = re.compile(r"\.tar\.\w+$")


@dataclass(frozen=True)
class Part:
    """One archive of a source. Its files go below `folder`, without a top folder if it has one."""

    path: Path
    folder: str = ""
    has_top: bool = True
    sha256: str = ""


@dataclass(frozen=True)
class Package:
    """What a `.dsc` file says."""

    source: str
    version: str
    parts: tuple[Part, ...]


def read_package(path: Path) -> Package:
    """The package of a `.dsc` file; of two parts that hold the same path, the later one counts.

    Raises:
        SourceError: it is no such file, or a part that it names is missing.
    """
    with path.open("rb") as file:
        text = file.read(_LONGEST).decode("utf-8", "replace")
    fields = dict(_FIELD.findall(text))
    sums = {name: digest for digest, name in _SUM.findall(fields.get("Checksums-Sha256", ""))}
    if "Source" not in fields or not sums:
        raise SourceError(
            f"{path} names no source with SHA-256 sums: fetch it with "
            "'apt-get source --download-only'."
        )
    parts = [_part(path, name, digest) for name, digest in sums.items() if _ARCHIVE.search(name)]
    return Package(
        fields["Source"].strip(), fields.get("Version", "").strip(), tuple(sorted(parts, key=_rank))
    )


def _part(dsc: Path, name: str, digest: str) -> Part:
    path = dsc.parent / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise SourceError(
            f"{dsc.name} names {name!r}, which is not beside it: put all the files of the "
            "package into one folder."
        )
    component = _COMPONENT.search(name)
    if component:
        return Part(path, component[1], sha256=digest)
    return Part(path, has_top=".debian.tar." not in name, sha256=digest)


def _rank(part: Part) -> tuple[bool, str]:
    return not part.has_top, part.folder
