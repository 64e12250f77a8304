"""Clients that are not there, stand-ins for them, and a machine whose settings leave the tests alone."""

import gzip
import hashlib
import io
import os
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

NOBODY = "http://127.0.0.1:9"  # the port that refuses every connection


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No client has any setting of this machine, and none leads to a network."""
    for name in list(os.environ):
        if name.upper().startswith(("PIP_", "NPM_", "APT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", NOBODY)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("npm_config_registry", NOBODY)
    monkeypatch.setenv("npm_config_fetch_retries", "0")


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], Path]:
    """Put a program on the PATH, from lines of Python that know `arguments`; others stay there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def install(name: str, lines: str) -> Path:
        path = folder / name
        start = "import os, pathlib, sys, time\narguments = sys.argv[1:]\n"
        path.write_text(f"#!{sys.executable} -IS\n{start}{lines}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return install


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing at all is installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """A package index in a folder, which pip is set up with; call it to add files to it.

    Each file is a name and its bytes; `attributes` are those of its link.
    """
    root = tmp_path / "index"
    monkeypatch.setenv("PIP_INDEX_URL", f"{root.as_uri()}/")

    def add(package: str, attributes: str = "", **files: bytes) -> None:
        folder = root / package
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "index.html").open("a") as page:
            for name, content in files.items():
                (folder / name).write_bytes(content)
                digest = hashlib.sha256(content).hexdigest()
                page.write(f'<a href="{name}#sha256={digest}" {attributes}>{name}</a>\n')

    return add


@pytest.fixture
def wheel() -> Callable[[str, str], bytes]:
    """The smallest wheel that pip takes for one, of a package `left` or another; always the same."""

    def make(version: str, name: str = "left") -> bytes:
        about = f"{name}-{version}.dist-info"
        files = {
            f"{name}.py": f"version = {version!r}\n",
            f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
            f"{about}/RECORD": "",
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text)  # which has the date 1980-01-01
        return buffer.getvalue()

    return make


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """The file that is there as soon as any code of a package has run."""
    return tmp_path / "trap"


@pytest.fixture
def sdist(trap: Path) -> Callable[[str], bytes]:
    """A source archive of `left` whose `setup.py` springs the trap, and builds it without a network."""

    def make(version: str) -> bytes:
        files = {
            "setup.py": f"import pathlib\npathlib.Path({str(trap)!r}).touch()\n",
            "pyproject.toml": "[build-system]\nrequires = []\n"
            "build-backend = 'setup'\nbackend-path = ['.']\n",
            "PKG-INFO": f"Metadata-Version: 2.1\nName: left\nVersion: {version}\n",
        }
        return tarball({f"left-{version}/{name}": text for name, text in files.items()})

    return make


def tarball(files: Mapping[str, str]) -> bytes:
    """A tar.gz of these texts, the same whenever it is made."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()
