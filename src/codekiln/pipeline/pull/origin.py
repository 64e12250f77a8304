"""What each origin of a model can do: say what lies there, and put it into a folder."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol

from codekiln.errors import SourceError
from codekiln.telemetry import progress

STEP = 1 << 20  # bytes that are copied at once

# Of a Hugging Face folder: what is needed, and what is taken if it is there.
NEEDED = ("config.json", "tokenizer.json")
WELCOME = ("tokenizer_config.json", "chat_template.jinja")


class Origin(Protocol):
    """One model, where it lies."""

    @property
    def name(self) -> str:
        """What the artifact is called."""

    @property
    def licence(self) -> str:
        """As it is given there, or ""."""

    def state(self) -> Mapping[str, str]:
        """What is taken, by a name that says where it lies, and the hash of each."""

    def deliver(self, folder: Path) -> None:
        """Put `model.gguf` or the files of a Hugging Face folder into `folder`.

        Raises:
            SourceError: a file cannot be had, or is another than was promised.
        """


def copy(source: IO[bytes], path: Path, size: int) -> str:
    """Write what an open file of `size` bytes holds to `path`; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as out, progress(path.name, size, "bytes") as task:
        while piece := source.read(STEP):
            out.write(piece)
            digest.update(piece)
            task.advance(len(piece))
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """Of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(what: str, found: str, promised: str) -> None:
    """Raise SourceError unless the hash that was found is the one promised."""
    if found != promised:
        raise SourceError(
            f"{what} is not the file that was promised (its hash is {found[:12]}…, not "
            f"{promised[:12]}…): try again later, and do not use what came."
        )
