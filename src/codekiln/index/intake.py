"""Which files of a working folder enter its index, and as what text, by the corpus' own rules.

Nothing here remembers a file. What git ignores stays out too; for a folder inside a repository that is
what the whole repository says, unless it ignores the folder itself.
"""

import itertools
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dulwich.errors import NotGitRepository
from dulwich.ignore import IgnoreFilterManager
from dulwich.repo import Repo

from codekiln.corpus.cleaning import Cleaned, Cleaner, Refused
from codekiln.corpus.collect.listing import Listing
from codekiln.corpus.contamination import Benchmarks
from codekiln.corpus.contamination.ngrams import NgramIndex
from codekiln.corpus.filters import BY_NAME, Candidate, Rules, judge
from codekiln.corpus.sources import File, FolderSource, GitSource
from codekiln.errors import SourceError
from codekiln.languages import language_of

RULES = Rules()
NO_BENCHMARKS = Benchmarks(NgramIndex.of([]), (), ())  # nobody is tested on their own folder
IGNORE = ".gitignore"

Stamp = tuple[int, int, int]  # size, time of change, time of any change to the entry itself


class Intake:
    """The files of one folder as a listing found them; make another to see later ones."""

    def __init__(self, root: Path) -> None:
        """Look at what is around the files: ignore files, and the commit that is checked out.

        Raises:
            SourceError: there is no such folder, or it is a file, empty or closed to us.
        """
        self.root = root
        self._source = FolderSource(root.name, root)
        self._listing = Listing(self._source, RULES, own=True)
        self._cleaner = Cleaner(RULES, frozenset(), NO_BENCHMARKS)
        self.repository = self._source.repository
        self.revision, self._ignored, self._below = (
            "",
            IgnoreFilterManager(str(root), [], False),
            "",
        )
        self._look_around()

    def files(self, go_on: Callable[[], bool]) -> dict[str, File]:
        """By path, the files that may enter as far as their names tell; no more once `go_on` says no."""
        listed = itertools.takewhile(lambda _: go_on(), self._source.files())
        return {file.path: file for file in listed if self._may_enter(file)}

    def find(self, path: str) -> File | None:
        """One of `files`, as it is now."""
        file = self._source.find(path)
        return file if file and self._may_enter(file) else None

    def stamp(self, path: str) -> Stamp | None:
        """What changes with a file; None of one that is not there."""
        try:
            facts = os.lstat(self.root / path)
        except OSError:
            return None
        return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns

    def clean(self, file: File, content: bytes) -> Cleaned | None:
        """The text of a file without its secrets; None where a rule of the corpus refuses it."""
        try:
            outcome = self._cleaner.clean(self._listing.raw(file, content))
        except Exception:  # whatever it is, it concerns this one file, as in a corpus
            return None
        return None if isinstance(outcome, Refused) else outcome

    def _may_enter(self, file: File) -> bool:
        if file.defect:
            return False
        candidate = Candidate(file.path, file.size, language_of(file.path))
        return (
            judge(BY_NAME, candidate, RULES).keep
            and self._ignored.is_ignored(self._below + file.path) is not True
        )

    def _look_around(self) -> None:
        """Take what the enclosing repository says, if there is one that can be read."""
        with (
            suppress(NotGitRepository, OSError, ValueError),
            Repo.discover(self.root) as repository,
        ):
            top = Path(repository.path).resolve()
            ignored = IgnoreFilterManager.from_repo(repository)
            below = f"{self.root.relative_to(top).as_posix()}/".removeprefix("./")
            if below and ignored.is_ignored(below):
                return  # it is no part of that repository, yet somebody wants its index
            self._ignored, self._below = ignored, below
            with suppress(SourceError):
                source = GitSource(top.name, top)
                self.revision = source.revision
                source.close()
