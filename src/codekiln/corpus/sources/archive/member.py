"""What an archive says of one file in it, and what of that can be believed."""

import re
from collections.abc import Callable
from dataclasses import dataclass

PATH_BYTES = 1024
_UNSAFE = re.compile(r"^[A-Za-z]:|[\\\0]")

# Nothing older is code in an archive: these are the constants that tools write so that a build can
# be repeated (0; 1980 of zip and gem; 1985 of npm). Cargo's is a day of 2006.
_EARLIEST, _LATEST, _CARGO = 631_152_000, 4_102_444_800, 1_153_704_088  # 1990, 2100


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive as its header has it; folders are none.

    `name` is neither decoded nor checked. `read` may be called until the next member is drawn.
    """

    name: bytes
    size: int
    read: Callable[[], bytes]
    defect: str = ""
    time: int = 0


def clean_path(name: bytes) -> tuple[str, str]:
    r"""A relative path and no defect; or the name as far as it can be shown, and its defect.

    >>> clean_path(b"./src//main.c"), clean_path(b"../main.c"), clean_path(b"caf\xe9.c")
    (('src/main.c', ''), ('../main.c', 'unsafe-path'), ('caf\\xe9.c', 'bad-name'))
    """
    shown = name[:PATH_BYTES].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return shown, "bad-name"
    if len(name) > PATH_BYTES:
        return shown, "bad-name"
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts or text.startswith("/") or ".." in parts or _UNSAFE.search(text):
        return shown or "(no name)", "unsafe-path"
    return "/".join(parts), ""


def clean_time(seconds: int) -> int:
    """A time of change, or 0 where it cannot be one or is the constant of a tool."""
    return seconds if _EARLIEST <= seconds < _LATEST and seconds != _CARGO else 0
