"""What a registry is asked for, and how it says no. The sentence for the user is made in `fetch`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """One package to be downloaded; a `version` of "" stands for the newest."""

    name: str
    version: str
    folder: Path  # empty, and made for this request alone
    shared: Path  # of all requests to one registry, for what is worth keeping between them


class FetchError(Exception):
    """A package cannot be had. The message ends a sentence that begins with the package."""


class OfflineError(FetchError):
    """The registry did not answer, which says nothing about the package."""

    def __init__(self) -> None:
        super().__init__("cannot be fetched, because no registry answers")
