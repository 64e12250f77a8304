"""The history of a git repository: its last commits, each from its first parent, read without git.

So a merge is one step, which brings what was merged. Files that only moved were not typed; a commit that
touches very many was made by a tool, and is applied without being typed.
"""

import stat
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dulwich.diff_tree import CHANGE_RENAME, RenameDetector, TreeChange, tree_changes
from dulwich.errors import NotGitRepository
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Commit, ObjectID, TreeEntry
from dulwich.repo import Repo

from codekiln.corpus.sources import FolderSource, GitSource, Source
from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.git import BROKEN
from codekiln.errors import SourceError
from codekiln.evaluate.replay.history import Edit, History, Step, code_of, decoded, is_code_path

MOST_FILES = 100  # of code that a typed commit touches
LONGEST = 20_000  # commits through which the first one is looked for
_EXCLUSION = Exclusion((*OMITTED, *EXCLUDED))


def of_commits(folder: Path, commits: int, most: int | None = None) -> History | None:
    """The last `commits` of the branch that is checked out; None where there are not even two.

    Of a folder inside a repository only what lies in it is replayed. `most` as in `code_of`: files that
    the commits change are read first.

    Raises:
        SourceError: the repository is damaged.
    """
    root = repository_root(folder)
    if root is None:
        return None
    below = folder.resolve().relative_to(root).as_posix()
    prefix = "" if below == "." else f"{below}/"
    try:
        with Repo(str(root)) as repo:
            chain = list(islice(_first_parents(repo), commits + 1))[::-1]
            born = _root_time(repo)
            near = _touched(repo.object_store, chain)
    except BROKEN as error:
        raise _damaged(root, error) from None
    if len(chain) < 2:
        return None
    base = GitSource(str(root), root, chain[0].id.decode())
    try:
        start = code_of(base, near, most, prefix)
    finally:
        base.close()
    return History(
        repository=base.repository,
        base=chain[0].id.decode(),
        revision=chain[-1].id.decode(),
        start=start,
        steps=_Steps(root, chain, prefix),
        kind="commits",
        born=born,
        length=len(chain) - 1,
        below=prefix,
    )


def as_it_stands(folder: Path) -> Source:
    """The code of a folder now: what is committed, if a repository begins there and has a commit.

    So what git ignores is none of it.

    Raises:
        SourceError: there is no such folder, it is a file, empty or closed to us.
    """
    source = FolderSource(str(folder), folder)
    if repository_root(folder) == folder.resolve():
        with Repo(str(folder)) as repo:
            if _head(repo):
                return GitSource(str(folder), folder)
    return source


def repository_root(folder: Path) -> Path | None:
    """The work tree that a folder is in, or it is itself."""
    try:
        with Repo.discover(str(folder.resolve())) as repo:
            return None if repo.bare else Path(repo.path).resolve()
    except (NotGitRepository, OSError, ValueError):
        return None


@dataclass(frozen=True)
class _Steps:
    """The steps between the commits of a chain, oldest first; they are read as they are walked."""

    root: Path
    chain: Sequence[Commit]
    prefix: str

    def __iter__(self) -> Iterator[Step]:
        with Repo(str(self.root)) as repo:
            for older, newer in zip(self.chain, self.chain[1:], strict=False):
                try:
                    yield _step(repo.object_store, older, newer, self.prefix)
                except BROKEN as error:
                    raise _damaged(self.root, error) from None


def _first_parents(repo: Repo) -> Iterator[Commit]:
    """The commit that is checked out, its first parent, and so on to the first one that is here."""
    boundary = repo.get_shallow()
    digits: ObjectID | None = _head(repo)
    while digits:
        commit = repo.object_store[digits]
        assert isinstance(commit, Commit)
        yield commit
        digits = commit.parents[0] if commit.parents and digits not in boundary else None


def _head(repo: Repo) -> ObjectID | None:
    try:
        return repo.head()
    except KeyError:  # nothing was committed yet
        return None


def _root_time(repo: Repo) -> int:
    """When the repository began; 0 where a shallow clone does not tell, or it is very long."""
    last = deque(islice(_first_parents(repo), LONGEST), maxlen=1)
    return int(last[0].commit_time) if last and not last[0].parents else 0


def _touched(store: BaseObjectStore, chain: Sequence[Commit]) -> set[str]:
    if len(chain) < 2:
        return set()
    changed = tree_changes(store, chain[0].tree, chain[-1].tree)
    return {entry.path.decode(errors="replace") for one in changed if (entry := one.new or one.old)}


def _step(store: BaseObjectStore, older: Commit, newer: Commit, prefix: str) -> Step:
    detector = RenameDetector(store)
    changed = tree_changes(store, older.tree, newer.tree, rename_detector=detector)
    found = [edit for one in changed if (edit := _edit(store, one, prefix))]
    edits = tuple(sorted(found, key=lambda edit: edit.path))
    return Step(newer.id.decode(), edits, len(edits) <= MOST_FILES)


def _edit(store: BaseObjectStore, change: TreeChange, prefix: str) -> Edit | None:
    """A change to a file of code; None of any other."""
    before, after = _text(store, change.old, prefix), _text(store, change.new, prefix)
    old, new = _path(change.old), _path(change.new)
    if before is after is None or (before == after and old == new):
        return None
    was = old if change.type == CHANGE_RENAME else ""  # what was copied from is still there
    return Edit(new or old, before or "", after or "", was)


def _text(store: BaseObjectStore, entry: TreeEntry | None, prefix: str) -> str | None:
    path = _path(entry)
    if entry is None or not stat.S_ISREG(entry.mode) or not path.startswith(prefix):
        return None
    if not is_code_path(path) or _EXCLUSION.covers(path):
        return None
    return decoded(store.get_raw(entry.sha)[1])


def _path(entry: TreeEntry | None) -> str:
    return entry.path.decode("utf-8", "backslashreplace") if entry and entry.path else ""


def _damaged(root: Path, error: Exception) -> SourceError:
    return SourceError(
        f"The git repository {root} is damaged ({error}): run 'git fsck' in it, or clone it again."
    )
