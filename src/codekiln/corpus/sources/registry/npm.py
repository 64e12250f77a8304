"""Packages of npm, as `npm pack` gives them: the tarball as it was published, no script run."""

import re
from pathlib import Path

from codekiln.corpus.sources.registry import client
from codekiln.corpus.sources.registry.request import FetchError, OfflineError, Request

_OPTIONS = (
    "--ignore-scripts",
    "--prefix=.",  # else it would look for a project, and for its settings, in the folders above
    "--workspaces=false",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
_CODE = re.compile(r"^npm (?:error|ERR!) code (\w+)$", re.MULTILINE)
_SILENT = re.compile(
    r"E(?:NOTFOUND|AI_AGAIN|CONN\w+|\w*TIMEDOUT|\w*TIMEOUT|NETUNREACH|HOSTUNREACH)"
)


def download(request: Request) -> tuple[Path, str]:
    """The tarball of a package and its version.

    Raises:
        FetchError: there is no such package or version, or npm is missing or fails.
    """
    done = client.run(
        ["npm", "pack", *_OPTIONS, f"{request.name}@{request.version or 'latest'}"],
        request.folder,
        settings="NPM_",
        remedy="install Node.js, which brings it",
    )
    # npm names the file @scope/name 1.0.0 scope-name-1.0.0.tgz.
    start = request.name.removeprefix("@").replace("/", "-") + "-"
    tarballs = list(request.folder.glob("*.tgz"))
    if done.returncode or len(tarballs) != 1 or not tarballs[0].name.startswith(start):
        raise _error(done.stderr)
    return tarballs[0], tarballs[0].name.removeprefix(start).removesuffix(".tgz")


def _error(said: str) -> FetchError:
    match = _CODE.search(said)
    code = match[1] if match else ""
    if code == "E404":
        return FetchError("does not exist in the registry: check its name")
    if code == "ETARGET":
        return FetchError("has no such version: check it, or leave it out for the newest")
    if _SILENT.fullmatch(code):
        return OfflineError()
    return client.refusal("npm", said, "npm error")
