"""How much an archive may hold before it is taken for a bomb."""

from dataclasses import dataclass

from codekiln.errors import SourceError


@dataclass(frozen=True)
class Caps:
    """The limits of one archive, in bytes where nothing else is said.

    `ratio` is unpacked to packed bytes of the whole, and counts only above `grace` unpacked ones:
    a small archive of empty lines is harmless.
    """

    file: int = 1_000_000
    archive: int = 1_000_000_000
    ratio: int = 200
    grace: int = 10_000_000
    members: int = 100_000

    def check(self, name: str, unpacked: int, packed: int) -> None:
        """Compare how far an archive was unpacked with what that took.

        Raises:
            SourceError: it is a bomb.
        """
        if unpacked > self.archive:
            raise bomb(name, f"it unpacks to more than {self.archive / 1e6:.0f} MB")
        if unpacked > max(self.grace, self.ratio * packed):
            raise bomb(name, f"it unpacks to more than {self.ratio} times its size")


CAPS = Caps()


def bomb(name: str, why: str) -> SourceError:
    """The error for an archive that breaks a cap."""
    return SourceError(
        f"{name} looks like a decompression bomb ({why}): take it out of the sources or, "
        "if you trust it, unpack it and give the folder."
    )
