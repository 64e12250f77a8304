"""Debian source packages, by the machine's apt: the `.dsc`, and what it lists beside it, as signed.

Nothing is unpacked. apt gets settings, lists and caches of its own (`apt.py`).
"""

import re
from pathlib import Path

from codekiln.corpus.sources.registry import client
from codekiln.corpus.sources.registry.apt import Apt
from codekiln.corpus.sources.registry.request import FetchError, OfflineError, Request

_SILENT = re.compile(
    "Temporary failure|Could not resolve|Could not connect|Unable to connect|Cannot initiate"
    "|Connection failed|Connection timed out|Network is unreachable"
)
_VERSION = re.compile(r"^Version: (\S+)$", re.MULTILINE)


def download(request: Request) -> tuple[Path, str]:
    """The `.dsc` of a source package (by the name of the source, not of what is built from it).

    Raises:
        FetchError: there is no such package or version, or apt is missing or fails.
    """
    apt = Apt(request.shared / ".apt")
    wanted = f"{request.name}={request.version}" if request.version else request.name
    complaints = apt.update()
    done = apt.get("source", "--download-only", "--only-source", wanted, folder=request.folder)
    archive = next(request.folder.glob("*.dsc"), None)
    if done.returncode or archive is None:
        apt.forget()
        raise _error(complaints + done.stderr)
    version = _VERSION.search(archive.read_text(encoding="utf-8", errors="replace"))
    return archive, version[1] if version else ""


def _error(said: str) -> FetchError:
    if _SILENT.search(said):
        return OfflineError()
    if "Unable to find a source package" in said and "Can not find version" not in said:
        return FetchError("does not exist in the registry: check the name of the source package")
    if "Can not find version" in said:
        return FetchError("has no such version: check it, or leave it out for the newest")
    if "deb-src" in said:
        return FetchError("has no registry to come from: name one in apt's list of sources")
    return client.refusal("apt-get", said, "E:")
