"""The standard library of the Python that runs us: megabytes of good code on every machine."""

import platform
import sys
import sysconfig
from pathlib import Path

from codekiln.corpus.sources.exclude import OMITTED
from codekiln.corpus.sources.folder import FolderSource

TESTS = ("test", "tests", "idle_test")
# Installed packages lie inside the library's folder but are no part of it: installing one must not
# make a corpus of the library stale.
INSTALLED = ("site-packages", "dist-packages")


class StdlibSource(FolderSource):
    """The library's own modules, without its tests."""

    revision = platform.python_version()
    licence = "PSF-2.0"  # the library carries no licence file of its own

    def __init__(self, name: str = "stdlib:", exclude: tuple[str, ...] = ()) -> None:
        """Find the library.

        Raises:
            SourceError: this Python came without its sources.
        """
        super().__init__(
            name,
            Path(sysconfig.get_path("stdlib")),
            exclude,
            excluded=TESTS,
            omitted=OMITTED.union(INSTALLED),
            repository=f"{sys.implementation.name}-{sysconfig.get_python_version()}",
        )
