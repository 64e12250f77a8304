"""One finished run for all tests of the command line, and two ways of giving a command."""

import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codekiln.cli import main

PACKAGES = ("json", "logging", "xml")
SETTINGS = (
    "model.depth=1",
    "model.tokens=40960",
    "model.batch_tokens=2048",
    "model.threads=1",  # nothing is left open, so nothing is tried
    "model.precision=fp32",
    "tokenizer.vocabulary=512",
    "inputs.row_length=128",
    "evaluation.completions=2",
    "evaluation.max_tokens=8",
)


@dataclass(frozen=True)
class Result:
    """What a command left on its streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)


Command = Callable[..., Result]


@dataclass(frozen=True)
class Finished:
    """A run that is done: its recipe, its work folder and what it said."""

    recipe: Path
    work: Path
    code: Path
    result: Result

    @property
    def model(self) -> Path:
        """The model's folder."""
        (path,) = (path for path in (self.work / "model").iterdir() if path.is_dir())
        return path

    @property
    def command(self) -> list[str]:
        """The command that made it."""
        settings = [part for setting in SETTINGS for part in ("--set", setting)]
        return ["run", str(self.recipe), "--work", str(self.work), *settings]


def run_in_process(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> Result:
    """`python -m codekiln …` as a user gives it."""
    done = subprocess.run(
        [sys.executable, "-m", "codekiln", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=os.environ | environment,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="session")
def separate() -> Command:
    """Gives a command in a process of its own."""
    return run_in_process


@pytest.fixture
def codekiln(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Gives a command in this process, which is quicker."""

    def give(*arguments: str | Path, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["codekiln", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Result(left.value.code, captured.out, captured.err)

    return give


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A few packages of the standard library, from sources to report."""
    folder = tmp_path_factory.mktemp("finished")
    library, code = Path(sysconfig.get_path("stdlib")), folder / "code"
    for package in PACKAGES:
        shutil.copytree(library / package, code / package, ignore=lambda *_: {"__pycache__"})
    recipe = folder / "recipe.toml"
    sources = json.dumps([f"own:{code}"])
    recipe.write_text(f"name = 'small'\n[corpus]\nsources = {sources}\n[model]\n")
    unrun = Finished(recipe, folder / "work", code, Result(-1, "", ""))
    return Finished(recipe, unrun.work, code, run_in_process(*unrun.command))


@pytest.fixture
def model(finished: Finished, tmp_path: Path) -> Path:
    """A copy of the finished model, to be damaged."""
    return shutil.copytree(finished.model, tmp_path / finished.model.name)
