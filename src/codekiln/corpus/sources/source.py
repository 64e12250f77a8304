"""What every source of code can do, whatever lies behind it: name itself, and stream its files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source, as its listing shows it before anybody reads it.

    `path` is relative, with forward slashes, and valid Unicode. `size` is None where it is not known
    yet. `read` gives the content, and only until the next file is drawn from the source; it raises
    `UnreadableError`. A `defect` is the reason why the file will not be read at all, `detail` is for
    a person. `time` is that of the last change in seconds since 1970, 0 where nobody knows. Where
    the files of one source belong to several repositories, each says to which, and under which
    licence (an SPDX expression).
    """

    path: str
    size: int | None
    read: Callable[[], bytes]
    defect: str = ""
    detail: str = ""
    time: int = 0
    repository: str = ""
    revision: str = ""
    licence: str = ""


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

    @property
    def licence(self) -> str:
        """The SPDX expression that whoever published it gives for the whole, or nothing."""

    def state(self) -> str:
        """A digest that changes whenever the content may have changed."""

    def files(self) -> Iterator[File]:
        """Every file; two listings of one state are equal, in the same order."""

    def close(self) -> None:
        """Let go of open files."""


def unread() -> bytes:
    """The `read` of a file that has a defect: nobody may call it."""
    raise AssertionError("a file with a defect is never read")
