"""Which form an archive has, known by its first bytes, and the members that it holds."""

from collections.abc import Generator
from pathlib import Path

from codekiln.corpus.sources.archive.caps import Caps
from codekiln.corpus.sources.archive.member import Member
from codekiln.corpus.sources.archive.stream import DamageError, unpacked
from codekiln.corpus.sources.archive.tar import BLOCK, gem_members, is_tar, tar_members
from codekiln.corpus.sources.archive.zip import MAGIC, zip_members
from codekiln.errors import SourceError

GEM = ".gem"


def check_archive(path: Path, caps: Caps) -> None:
    """Look at the beginning of a file.

    Raises:
        SourceError: there is no such file, or it is no archive that we read.
    """
    if not path.exists():
        raise SourceError(f"There is no archive {path}: give the path of a tar or zip file.")
    if not path.is_file():
        raise SourceError(f"{path} is no archive but a folder or a device: give 'folder:{path}'.")
    try:
        with path.open("rb") as file:
            if not file.peek(1):
                raise SourceError(f"The archive {path} has 0 bytes: download it again.")
            known = file.peek(4).startswith(MAGIC) or is_tar(
                unpacked(file, caps, path.name).read(BLOCK)
            )
    except OSError as error:
        raise SourceError(
            f"The archive {path} cannot be read ({error.strerror}): change its permissions."
        ) from None
    except DamageError as error:
        raise SourceError(
            f"The archive {path} is cut short or broken ({error}): download or make it again."
        ) from None
    if not known:
        raise SourceError(
            f"{path} is no archive that we read: give a zip, or a tar, be it plain or packed "
            "with gz, bz2, xz or zst."
        )


def members(path: Path, caps: Caps) -> Generator[Member, None, None]:
    """The members of an archive in its order; what each reads lasts until the next is drawn.

    Raises:
        SourceError: it is a bomb, or cannot be opened.
        DamageError: from here on it is cut short or broken.
    """
    with path.open("rb") as file:
        if file.peek(4).startswith(MAGIC):
            yield from zip_members(file, caps, path.name)
        elif path.suffix.lower() == GEM:
            yield from gem_members(unpacked(file, caps, path.name), caps, path.name)
        else:
            yield from tar_members(unpacked(file, caps, path.name), caps)
