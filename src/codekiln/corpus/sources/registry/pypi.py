"""Wheels, by pip. Source archives, which pip would run to learn their metadata, are in `sdist`."""

import re
import subprocess
import sys
from pathlib import Path

from codekiln.corpus.sources.registry import client
from codekiln.corpus.sources.registry.request import FetchError, OfflineError, Request

_SILENT = re.compile(r"Retrying \(Retry|connection error|Max retries exceeded")
_UNIVERSAL = "-any.whl"


def pip(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the pip of this Python, with its user's settings.

    Raises:
        FetchError: there is no pip, or it took too long.
    """
    remedy = f"run '{Path(sys.executable).name} -m ensurepip'"
    # -P: `pip` is never a file of the folder we are in.
    command = (sys.executable, "-P", "-m", "pip", *arguments)
    done = client.run(command, folder, settings="PIP_", remedy=remedy)
    if done.returncode and "No module named pip" in done.stderr:
        raise FetchError(f"needs pip, which is not installed: {remedy}")
    return done


def download(request: Request) -> tuple[Path, str]:
    """A wheel and its version: for any system if there is such a one, else for the one we are on.

    Raises:
        FetchError: there is no such package, version or wheel, or pip fails.
    """
    said = _pip_download(request, request.version)
    wheel = next(request.folder.glob("*.whl"), None)
    if wheel is None:
        raise _error(request, said)
    version = wheel.name.split("-")[1]
    if not wheel.name.endswith(_UNIVERSAL):
        _pip_download(request, version, "--platform", "any")
        universal = next(request.folder.glob(f"*{_UNIVERSAL}"), None)
        if universal is not None:
            wheel.unlink()
            wheel = universal
    return wheel, version


def _pip_download(request: Request, version: str, *options: str) -> str:
    done = pip(
        *("download", "-vv", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--no-deps", "--only-binary", ":all:", "--dest", ".", *options),
        f"{request.name}=={version}" if version else request.name,
        folder=request.folder,
    )
    return done.stdout + done.stderr


def _error(request: Request, said: str) -> FetchError:
    if "No matching distribution found" not in said:
        return client.refusal("pip", said, "ERROR:")
    if _SILENT.search(said):
        return OfflineError()
    offered = re.search(r"\(from versions: (?:.*, )?(?!none)(.*)\)", said)
    if offered:
        return FetchError(
            f"has no wheel of that version for this Python: take {offered[1]}, "
            f"or write 'sdist:{request.name}=={request.version}'"
        )
    if re.search(r"No sources permitted|wheel's tags", said):
        return FetchError(f"has no wheel for this Python: write 'sdist:{request.name}'")
    return FetchError("does not exist in the registry: check its name")
