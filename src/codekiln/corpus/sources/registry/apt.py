"""apt with settings, lists and caches of its own, which know of source packages.

The machine's lists seldom name sources, may be old, and are not ours to change. Where packages come
from and whose signatures count remains the machine's choice: its list of sources is read each time.
"""

import math
import re
import shlex
import subprocess
import time
from pathlib import Path

from filelock import FileLock

from codekiln.corpus.sources.registry import client

LISTS_LAST = 24 * 3600  # seconds until the lists of packages are brought up to date

# What the machine has apt do around an update is for its own lists.
_HOOKS = ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success")
_LINE = re.compile(r"^[ \t]*deb(?:-src)?[ \t]+(?!.*\bcdrom:)(.*)$", re.MULTILINE)
_STANZA = re.compile(r"(?:\n[ \t]*)+\n")
_TYPES = re.compile(r"^Types:.*$", re.MULTILINE | re.IGNORECASE)
_DISABLED = re.compile(r"^Enabled:\s*(?:no|false|0|off)\s*$", re.MULTILINE | re.IGNORECASE)


class Apt:
    """apt-get as it runs in a home of ours."""

    def __init__(self, home: Path) -> None:
        """Make the folder if it is not there."""
        self._home, self._stamp = home, home / "updated"
        for folder in ("lists/partial", "cache/archives/partial", "sources"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        (home / "status").touch()
        (home / "apt.conf").write_text("".join(f"#clear APT::Update::{hook};\n" for hook in _HOOKS))

    def get(self, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run apt-get with the machine's settings, but for places and hooks.

        Raises:
            FetchError: there is no apt-get, or it took too long.
        """
        places = {
            "Dir::State::Lists": "lists",
            "Dir::State::Status": "status",  # what is installed has no say in which version is taken
            "Dir::Cache": "cache",
            "Dir::Etc::SourceList": "sources/none",
            "Dir::Etc::SourceParts": "sources",
        }
        options = [f"--option={key}={self._home / place}" for key, place in places.items()]
        config = f"--config-file={self._home / 'apt.conf'}"
        return self._run(["apt-get", config, *options, "--quiet", *arguments], folder)

    def update(self) -> str:
        """Bring the lists up to date if they are old or the machine's sources are others by now.

        What could not be reached is told in apt's words; the lists that are there stay.
        """
        with FileLock(self._home / "lock"):
            if not self._write_sources() and self._age() < LISTS_LAST:
                return ""
            self._stamp.unlink(missing_ok=True)
            done = self.get("update", folder=self._home)
            if done.returncode == 0 and "Failed to fetch" not in done.stderr:
                self._stamp.touch()
            return done.stderr

    def forget(self) -> None:
        """Take the lists for old: they led to something that is not there."""
        self._stamp.unlink(missing_ok=True)

    def _age(self) -> float:
        """Seconds since the lists were last complete."""
        return time.time() - self._stamp.stat().st_mtime if self._stamp.exists() else math.inf

    def _write_sources(self) -> bool:
        """Write the machine's sources down as ours; whether there is any change."""
        lines, stanzas = self._machine_sources()
        changed = False
        for name, parts in (("machine.list", lines), ("machine.sources", stanzas)):
            path, text = self._home / "sources" / name, "\n".join([*dict.fromkeys(parts), ""])
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.touch(mode=0o600)  # an address may hold a password
                path.write_text(text, encoding="utf-8")
                changed = True
        return changed

    def _machine_sources(self) -> tuple[list[str], list[str]]:
        keys = ("FILE", "Dir::Etc::SourceList/f", "FOLDER", "Dir::Etc::SourceParts/d")
        done = self._run(["apt-config", "shell", *keys], self._home)
        places = dict(word.partition("=")[::2] for word in shlex.split(done.stdout))
        paths = [Path(places.get("FILE", "")), *sorted(Path(places.get("FOLDER", "")).glob("*"))]
        texts = [
            (path.suffix, path.read_text(encoding="utf-8")) for path in paths if path.is_file()
        ]
        lines = [line for suffix, text in texts if suffix == ".list" for line in as_lines(text)]
        return lines, [
            stanza for suffix, text in texts if suffix == ".sources" for stanza in as_stanzas(text)
        ]

    def _run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        remedy = "'debian:' needs a Debian, or a system made from it"
        return client.run(command, folder, settings="APT_", remedy=remedy)


def as_lines(text: str) -> list[str]:
    """The `deb-src` lines of a `.list` file, those included that were `deb` (sources.list(5))."""
    return [f"deb-src {rest}" for rest in _LINE.findall(text)]


def as_stanzas(text: str) -> list[str]:
    """The stanzas of a `.sources` file that are in force, each made into one of sources."""
    stanzas = (stanza.strip("\n") + "\n" for stanza in _STANZA.split(text))
    return [
        _TYPES.sub("Types: deb-src", stanza)
        for stanza in stanzas
        if _TYPES.search(stanza) and not _DISABLED.search(stanza) and "cdrom:" not in stanza
    ]
