"""What the corpus is made of: documents that were kept, files that were not, and their rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Document:
    """One kept file. `content` is the file byte for byte, but for a byte order mark at its head."""

    content: str
    source: str
    repository: str
    path: str
    revision: str
    language: str
    group: str
    sha256: str

    def row(self) -> dict[str, Any]:
        """The document as a row of JSON; its group is settled later, in `split.json`."""
        return {name: value for name, value in asdict(self).items() if name != "group"}

    @classmethod
    def from_row(cls, row: Mapping[str, Any], group: str = "") -> "Document":
        """The document of a row, with the group that `split.json` gives it."""
        return cls(**row, group=group)


@dataclass(frozen=True)
class Rejection:
    """One file that was left out, and why. `bytes` is 0 where nobody looked at the file."""

    source: str
    path: str
    bytes: int
    reason: str
    detail: str

    def row(self) -> dict[str, Any]:
        """The rejection as a row of JSON."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Rejection":
        """The rejection of a row."""
        return cls(**row)
