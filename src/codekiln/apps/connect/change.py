"""One file as it is and as it is to be; written so that it can be taken back."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import write_atomically
from codekiln.errors import SettingsError

NOTHING = "/dev/null"  # what `diff` calls a file that is not there


@dataclass(frozen=True)
class Change:
    """`before` is None for a file that is not there yet, and `after` for one that goes."""

    path: Path
    before: str | None
    after: str | None

    @property
    def diff(self) -> str:
        """As `diff -u` shows it; empty where nothing changes."""
        old, new = (self.before or "").splitlines(True), (self.after or "").splitlines(True)
        start = str(self.path) if self.before is not None else NOTHING
        end = str(self.path) if self.after is not None else NOTHING
        lines = difflib.unified_diff(old, new, start, end)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def read_settings(path: Path) -> str | None:
    """A file of settings with its line ends; None where there is none.

    Raises:
        SettingsError: it is no UTF-8 text, or cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise SettingsError(
            f"{path} is not UTF-8: convert it, or put the lines in by hand."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): check its permissions."
        ) from None


def write(changes: Sequence[Change], record: Path) -> None:
    """Write the files, and in `record` what they were; a link stays one, and permissions stay.

    A new file is its owner's alone, since it may hold a token.

    Raises:
        SettingsError: a file has changed since it was read.
    """
    for change in changes:
        if read_settings(change.path) != change.before:
            raise SettingsError(f"{change.path} has just changed: run the command again.")
    kept = {one.path: one for one in _read(record)}
    for one in changes:
        first = kept.get(one.path)
        # What somebody else has written since the first time is not to be taken back with it.
        before = first.before if first and first.after == one.before else one.before
        kept[one.path] = Change(one.path, before, one.after)
    rows = [
        {"path": str(one.path), "before": one.before, "after": one.after} for one in kept.values()
    ]
    record.parent.mkdir(parents=True, exist_ok=True)
    _put(record, json.dumps(rows))
    for change in changes:
        _put(change.path, change.after)


def undo(record: Path) -> list[Change]:
    """What puts the files of a record back as they were before the first `write`.

    Raises:
        SettingsError: nothing was written, or a file was changed since.
    """
    written = _read(record)
    if not written:
        raise SettingsError(
            "Nothing was written for this editor, so there is nothing to take back."
        )
    there = {one.path: read_settings(one.path) for one in written}
    for one in written:
        if there[one.path] not in (one.after, one.before):  # a write that failed wrote only some
            raise SettingsError(
                f"{one.path} was changed since: take our lines out by hand, or copy what it was from "
                f"{record}."
            )
    return [Change(one.path, there[one.path], one.before) for one in written]


def _read(record: Path) -> list[Change]:
    try:
        rows = json.loads(record.read_text(encoding="utf-8"))
        return [Change(Path(row["path"]), row["before"], row["after"]) for row in rows]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _put(path: Path, text: str | None) -> None:
    """Write a file as a whole, where a link leads to; or remove it."""
    place = path.resolve()
    if text is None:
        place.unlink(missing_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = place.stat().st_mode & 0o777 if place.exists() else 0o600
    write_atomically(place, text.encode())
    place.chmod(mode)
