"""Archives made on the spot, good and bad, and what comes out of them."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from codekiln.corpus.sources.archive import ArchiveSource
from codekiln.corpus.sources.source import UnreadableError

Packer = Callable[[bytes], bytes]
PACKERS: dict[str, Packer] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}
DATE = (2021, 5, 4, 12, 0, 0)
NOON = 1_620_129_600  # the same in seconds since 1970


def tar(
    contents: Mapping[str, bytes | dict[str, Any]],
    packer: Packer = bytes,
    form: int = tarfile.PAX_FORMAT,
) -> bytes:
    """A tar of files; where there are fields of a header instead of a content, of that header."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.mtime = NOON
            if isinstance(content, dict):
                for key, value in content.items():
                    setattr(info, key, value)
                content = b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packer(file.getvalue())


def zipped(contents: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), content, method)
    return file.getvalue()


def source(path: Path, content: bytes | None = None, **options: Any) -> ArchiveSource:
    """The source of an archive, which is written first if its content is given."""
    if content is not None:
        path.write_bytes(content)
    return ArchiveSource("archive:x", path, **options)


def outcome(archive: ArchiveSource) -> tuple[dict[str, bytes], dict[str, str]]:
    """What can be read, and why the rest cannot."""
    contents, reasons = {}, {}
    for file in archive.files():
        if file.defect:
            reasons[file.path] = file.defect
            continue
        try:
            contents[file.path] = file.read()
        except UnreadableError as error:
            reasons[file.path] = error.reason
    return contents, reasons


def read(archive: ArchiveSource) -> dict[str, bytes]:
    """What can be read."""
    return outcome(archive)[0]


def defects(archive: ArchiveSource) -> dict[str, str]:
    """Why the rest cannot."""
    return outcome(archive)[1]
