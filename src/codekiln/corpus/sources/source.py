"""What every source of code can do, whatever lies behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """One file of a source, as its listing shows it before anybody reads it.

    `path` is relative, with forward slashes, and valid Unicode. `bytes` is None where the size is
    not known yet. A `defect` is the reason why the file will not be read at all.
    """

    path: str
    bytes: int | None
    defect: str = ""


class UnreadableError(Exception):
    """A file could not be read after all: it goes to the rejected ones, and the work goes on."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Take the reason as `rejected-*` has it, and a detail for a person."""
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Source(Protocol):
    """A place that code comes from."""

    @property
    def name(self) -> str:
        """The source as the recipe names it; unique among the sources of a corpus."""

    @property
    def repository(self) -> str:
        """What the files belong to, in the words of a person."""

    @property
    def revision(self) -> str:
        """The version of the content, where the source has one."""

    def state(self) -> str:
        """A digest that changes whenever the content may have changed."""

    def entries(self) -> Iterator[Entry]:
        """Every file, sorted by path, so that two listings of one state are equal."""

    def read(self, entry: Entry) -> bytes:
        """The content of one file.

        Raises:
            UnreadableError: it cannot be read, for a reason that concerns this file alone.
        """

    def close(self) -> None:
        """Let go of open files."""
