"""Walks a guide: its blocks, one after the other, in one shell without a network."""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LIMIT = 240  # seconds for one guide, many times what it takes
MARK = "--- end of block"
# A network namespace of its own has a loopback and no way out; the files are the host's, but for the
# servers of names, for whose answers programs would wait.
ALONE = (
    *("bwrap", "--dev-bind", "/", "/", "--ro-bind", "/dev/null", "/etc/resolv.conf"),
    *("--unshare-net", "--unshare-uts", "--hostname", "localhost", "--die-with-parent"),
)


@dataclass(frozen=True)
class Block:
    """A block of commands, and what the page says that it prints."""

    commands: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Guide:
    """The blocks of a page; `sizes` are what CI exports in place of its first block."""

    name: str
    blocks: tuple[Block, ...]
    sizes: dict[str, str]

    @classmethod
    def read(cls, page: Path) -> "Guide":
        text = page.read_text(encoding="utf-8")
        fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        blocks = []
        for place, (kind, content) in enumerate(fences):
            after = fences[place + 1] if place + 1 < len(fences) else ("", "")
            if kind == "sh":
                shown = after[1].splitlines() if after[0] == "text" else []
                blocks.append(Block(content, tuple(shown)))
        said = re.search(r"CI walks this page with (.*?)[.;]\s", text, re.DOTALL)
        assert said, f"{page.name} says at which size it is walked"
        sizes = dict(pair.split("=", 1) for pair in re.findall(r"`(\w+=[^`]*)`", said[1]))
        return cls(page.stem, tuple(blocks), sizes)

    @property
    def exported(self) -> set[str]:
        """What the first block sets."""
        return set(re.findall(r"(\w+)=", self.blocks[0].commands))

    def script(self) -> str:
        """The page as one shell script, with a mark behind each block."""
        exports = "".join(f"export {name}={value}\n" for name, value in self.sizes.items())
        parts = [exports, *(block.commands for block in self.blocks[1:])]
        marked = (f"{part}\necho '{MARK} {number}'\n" for number, part in enumerate(parts))
        return "set -euo pipefail\n" + "".join(marked)


@dataclass(frozen=True)
class Walk:
    """What each block printed, and what all said on stderr."""

    status: int
    printed: tuple[str, ...]
    errors: str

    def __str__(self) -> str:
        return "\n".join((*self.printed, self.errors[-4000:]))


def walk(guide: Guide, folder: Path) -> Walk:
    """Run a guide's blocks in a folder that stands for the root of the repository."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "GITHUB_ACTIONS") and not name.startswith("PYTEST")
    }
    programs = str(Path(sys.executable).parent)
    environment |= {
        "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
        "HOME": str(folder / "home"),
        "COLUMNS": "120",
    }
    (folder / "home").mkdir()
    process = subprocess.Popen(
        [*ALONE, "bash", "-c", guide.script()],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=LIMIT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    printed = re.split(rf"^{MARK} \d+\n", out, flags=re.MULTILINE)
    return Walk(process.returncode, tuple(printed), err)


def why_not() -> str:
    """Why guides cannot be walked here; empty where they can."""
    for program, package in (("bwrap", "bubblewrap"), ("curl", "curl")):
        if not shutil.which(program):
            return f"{program} is not installed: apt-get install {package}"
    done = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def masked(line: str) -> str:
    """A line without its numbers, which are other ones on each machine.

    >>> masked("20 files changed, 65,606 tokens, 0.38 s"), masked(" -1.5 %  ")
    ('# files changed, # tokens, # s', '# %')
    """
    numbers = re.sub(r"(?<![\w-])[-+]?\d[\d,]*(\.\d+)?", "#", line)
    return " ".join(numbers.split())


def is_printed(shown: tuple[str, ...], printed: str) -> bool:
    """Whether the lines that a page shows come in this order; a line `…` stands for any others."""
    lines = iter([masked(line) for line in printed.splitlines()])
    return all(masked(line) in lines for line in shown if line.strip() not in ("", "…"))
