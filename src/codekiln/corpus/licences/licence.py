"""The licence of one file, and where it was found."""

from dataclasses import dataclass
from typing import Literal

Found = Literal["header", "file", "metadata", "own", "none"]


@dataclass(frozen=True)
class Licence:
    """An SPDX expression (`""`: unknown), and what says so: the file's own header, a licence file,
    a manifest, or the owner who declared the source to be their own.
    """

    expression: str
    found: Found
