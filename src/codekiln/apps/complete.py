"""What `codekiln complete` does: a place in a file becomes a request, and the answer a few lines.

The request knows nothing of files and positions, and a completer nothing of lines: both are here.
"""

import errno
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

from codekiln.errors import UsageError
from codekiln.generate.completer import CompletionRequest
from codekiln.languages import language_of

LARGEST_SOURCE = 10_000_000  # bytes
DEFAULTS = CompletionRequest("")

_LINE_END = re.compile(r"\r\n?|\n")  # the line ends of the language server protocol


def request_at(
    text: str,
    line: int,
    column: int | None = None,
    *,
    path: str = "",
    settings: CompletionRequest = DEFAULTS,
) -> CompletionRequest:
    """`settings` with the text before and after a position, the path, and the path's language.

    `line` counts from 1, `column` in characters from 1; without one it is the end of the line. The
    empty line after a last line end is a position too. Text and line ends stay as they are in the
    file, which is how the model has learnt from them. A language in `settings` stays.

    Raises:
        UsageError: the position is not in the text.
    """
    offset = _offset(text, line, column, path or "The text")
    language = language_of(path, _LINE_END.split(text, 1)[0]) if path else None
    return replace(
        settings,
        prefix=text[:offset],
        suffix=text[offset:],
        path=path,
        language=settings.language or (language.name if language else ""),
    )


def path_in_project(file: Path) -> str:
    """The path to tell the model: from the root of the repository, as in the corpus it learnt from.

    Outside any repository it is the path from the current folder, or else the bare name.
    """
    place = Path(os.fsencode(file.resolve()).decode(errors="replace"))
    root = repository_of(place)
    if root:
        return place.relative_to(root).as_posix()
    try:
        return place.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return place.name


def repository_of(file: Path) -> Path | None:
    """The root of the repository that a file is in."""
    return next((folder for folder in file.resolve().parents if (folder / ".git").exists()), None)


def read_source(path: Path) -> str:
    """The text of a source file, without a byte order mark.

    Raises:
        UsageError: it is missing, no regular file, unreadable, larger than 10 MB or not UTF-8 text.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UsageError(f"{path} is a folder: give one file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is no regular file: give the path of a source file.")
        if status.st_size > LARGEST_SOURCE:
            raise UsageError(
                f"{path} has {status.st_size:,} bytes, and {LARGEST_SOURCE:,} are read at most: "
                "give a smaller file."
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if b"\0" in content:
        raise UsageError(f"{path} is a binary file: give a text file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 (byte {error.start + 1}): convert it, for example with iconv."
        ) from None


def _offset(text: str, line: int, column: int | None, name: str) -> int:
    """Characters before a position."""
    ends = [match.span() for match in _LINE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    if line < 1:
        raise UsageError(f"--line is {line}, but lines count from 1.")
    if line > len(starts):
        count = _count(len(starts) - (starts[-1] == len(text)), "line")
        raise UsageError(f"{name} has {count}: --line {line} is past its end.")
    start = starts[line - 1]
    length = (ends[line - 1][0] if line <= len(ends) else len(text)) - start
    if column is None:
        return start + length
    if column < 1:
        raise UsageError(f"--column is {column}, but columns count from 1.")
    if column > length + 1:
        raise UsageError(
            f"Line {line} of {name} has {_count(length, 'character')}: --column {column} is past "
            "its end (leave it out for the end of the line)."
        )
    return start + column - 1


def _unreadable(path: Path, error: OSError | ValueError) -> UsageError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UsageError(f"There is no file {path}: check the path.")
    if isinstance(error, PermissionError):
        return UsageError(f"{path} may not be read by this user: change its permissions.")
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return UsageError(
            f"{path} is a link that leads back to itself: give the file it stands for."
        )
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
    return UsageError(f"{path} cannot be read ({reason}): check the path.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
