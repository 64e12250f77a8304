"""The history of a git repository as (before, after, message), one change to one file at a time.

This is what bug fixes are mined from. Only what was edited counts: no merges, no files that came,
went or were renamed. Who wrote a commit is personal data and left out, of its message too.
"""

import hashlib
import heapq
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from dulwich.diff_tree import tree_changes
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Blob, Commit, ObjectID, TreeEntry
from dulwich.repo import Repo

from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.git import BROKEN, GitSource

LONGEST = 1_000_000  # bytes of a file
_PERSON = re.compile(
    r"^(?:[a-z-]+-by|author|committer|from|cc):.*\n?", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Change:
    """One file as a commit found it and as it left it; `time` is in seconds since 1970."""

    commit: str
    time: int
    message: str
    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A commit that gave no change, `broken-object` or `too-many-files`."""

    commit: str
    reason: str


def changes(
    repository: Path,
    revision: str = "HEAD",
    limit: int = 1000,
    exclude: tuple[str, ...] = (),
    most_files: int = 20,
) -> Iterator[Change | Skipped]:
    """What the newest `limit` commits before and at `revision` changed, newest first, merges aside.

    A file counts if it is UTF-8 without NUL and of at most 1 MB on both sides. A commit that touches
    more than `most_files` is a mass edit and skipped, as is one with a missing or damaged object. A
    shallow clone ends at its boundary. Globs in `exclude` are as in any source.

    Raises:
        SourceError: there is no repository, it has no commit, or not this revision.
    """
    source = GitSource(str(repository), repository, revision)
    source.close()
    exclusion = Exclusion((*OMITTED, *EXCLUDED, *exclude))
    return _changes(repository, ObjectID(source.revision.encode()), limit, exclusion, most_files)


def _changes(
    repository: Path, head: ObjectID, limit: int, exclusion: Exclusion, most_files: int
) -> Iterator[Change | Skipped]:
    with Repo(str(repository)) as repo:
        for commit in islice(_history(repo, head), limit):
            if isinstance(commit, Skipped):
                yield commit
            else:
                yield from _of_commit(repo.object_store, commit, exclusion, most_files)


def _of_commit(
    store: BaseObjectStore, commit: Commit, exclusion: Exclusion, most_files: int
) -> Sequence[Change | Skipped]:
    try:
        edits = _edits(store, commit, most_files)
        if edits is None:
            return [Skipped(commit.id.decode(), "too-many-files")]
        found = [_change(store, commit, *edit, exclusion) for edit in edits]
    except BROKEN:
        return [Skipped(commit.id.decode(), "broken-object")]
    return [change for change in found if change]


def _history(repo: Repo, head: ObjectID) -> Iterator[Commit | Skipped]:
    """Commits whose one parent is here, in the order of `git log`: by time, but children first."""
    boundary = _boundary(repo)
    serial, seen = count(), set[ObjectID]()
    pending: list[tuple[int, int, Commit]] = []
    reached = [head]
    while reached or pending:
        for digits in reached:
            if digits in seen:
                continue
            seen.add(digits)
            try:
                found = _commit(repo.object_store, digits)
            except BROKEN:
                yield Skipped(digits.decode(), "broken-object")
            else:
                heapq.heappush(pending, (-found.commit_time, next(serial), found))
        if not pending:
            return
        _, _, commit = heapq.heappop(pending)
        reached = [] if commit.id in boundary else commit.parents
        if len(reached) == 1:
            yield commit


def _boundary(repo: Repo) -> set[ObjectID]:
    """The commits whose parents a shallow clone left behind."""
    try:
        return repo.get_shallow()
    except BROKEN:
        return set()


def _commit(store: BaseObjectStore, digits: ObjectID) -> Commit:
    found = store[digits]
    if not isinstance(found, Commit) or not isinstance(found.commit_time, int):
        raise ValueError(f"{digits.decode()} is no commit")
    return found


def _edits(
    store: BaseObjectStore, commit: Commit, most_files: int
) -> list[tuple[TreeEntry, TreeEntry]] | None:
    """The regular files whose content was changed, old and new, by path; None if it is too much."""
    before = _commit(store, commit.parents[0]).tree
    touched = list(islice(tree_changes(store, before, commit.tree), most_files + 1))
    if len(touched) > most_files:
        return None
    edits = [(edit.old, edit.new) for edit in touched if edit.old and edit.new]
    files = [
        (old, new)
        for old, new in edits
        if stat.S_ISREG(old.mode) and stat.S_ISREG(new.mode) and old.sha != new.sha
    ]
    return sorted(files, key=lambda edit: edit[1].path)


def _change(
    store: BaseObjectStore, commit: Commit, old: TreeEntry, new: TreeEntry, exclusion: Exclusion
) -> Change | None:
    """The change, if it is to a text file that is not excluded."""
    path = _text(new.path)
    if path is None or exclusion.covers(path):
        return None
    before, after = _text(_blob(store, old.sha)), _text(_blob(store, new.sha))
    if before is None or after is None:
        return None
    return Change(commit.id.decode(), commit.commit_time, _message(commit), path, before, after)


def _blob(store: BaseObjectStore, digits: ObjectID) -> bytes:
    kind, content = store.get_raw(digits)
    digest = hashlib.sha1 if len(digits) == 40 else hashlib.sha256
    named = digest(b"blob %d\0" % len(content) + content).hexdigest()
    if kind != Blob.type_num or named.encode() != digits:
        raise ValueError(f"{digits.decode()} is not what it was")
    return content


def _text(content: bytes) -> str | None:
    if len(content) > LONGEST or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _message(commit: Commit) -> str:
    """What the commit says of itself, without the lines that name people."""
    encoding = (commit.encoding or b"utf-8").decode("ascii", "replace")
    try:
        text = commit.message.decode(encoding, "replace")
    except LookupError:
        text = commit.message.decode("utf-8", "replace")
    return _PERSON.sub("", text).strip()
