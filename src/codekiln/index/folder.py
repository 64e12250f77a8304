"""The index of a working folder, which follows its files: a change costs milliseconds.

A changed file becomes a small shard in memory, and its old document stops matching. When there are many
such shards, a thread makes one of them on disk, together with those there that are no larger (as in O'Neil
et al. 1996), while the old ones go on answering.
"""

import hashlib
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy.typing as npt

from codekiln.corpus.sources import File, UnreadableError
from codekiln.errors import SourceError, UsageError
from codekiln.index.index import Index
from codekiln.index.intake import IGNORE, Intake
from codekiln.index.live import Known, LiveStore
from codekiln.index.match import Match
from codekiln.index.origins import Origin
from codekiln.index.shard import BATCH, Shard, encode_texts
from codekiln.inputs.shards import blocks
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer

DELTA_SHARDS, DELTA_TOKENS = 8, 1 << 18  # more than that in memory is merged
SHARD_TOKENS = 1 << 22  # a shard this large is made in a second or two, and no merge exceeds it
SHARD_TEXT = 3 * SHARD_TOKENS  # characters; mostly there are more to a token


@dataclass(frozen=True)
class _Text:
    """A file that is to enter, and what will be known of it."""

    content: str
    origin: Origin
    known: Known


_Encoded = tuple[_Text, npt.NDArray[Any]]  # with its ids


def _to_the_end() -> bool:
    return True


class FolderIndex:
    """A `Matcher` over the files of a folder, as they were at the last `update` or `refresh`.

    One thread may change it while others ask.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, work: Path) -> None:
        """Take up what an earlier process left; `open` also looks at what changed since.

        Raises:
            SourceError: there is no such folder, or it is a file, empty or closed to us.
            BusyError: another process has it open.
        """
        self.root = folder.resolve()
        self._intake = Intake(self.root)
        self._tokenizer, self._store = tokenizer, LiveStore(self.root, tokenizer, work)
        self._known, shards = self._store.load()
        self.index = Index(tokenizer, shards)
        self._changing = threading.RLock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._merging: Future[None] | None = None

    @classmethod
    def open(cls, folder: Path, tokenizer: Tokenizer, work: Path) -> Self:
        """The index of a folder, up to date.

        Raises:
            SourceError: there is no such folder, or it is a file, empty or closed to us.
            BusyError: another process has it open.
        """
        index = cls(folder, tokenizer, work)
        try:
            index.refresh()
        except BaseException:
            index.close()
            raise
        return index

    def match(self, context: Sequence[int]) -> Match:
        """As `Index.match`."""
        return self.index.match(context)

    def draft(self, context: Sequence[int], n: int) -> list[int]:
        """As `Index.draft`."""
        return self.index.draft(context, n)

    def without(self, path: str) -> Index:
        """As `Index.without`."""
        return self.index.without(path)

    def refresh(self, go_on: Callable[[], bool] = _to_the_end) -> int:
        """Look at every file, and read those that changed; gives how many changed or went.

        `go_on` is asked between two files. Once it says no, those that were read are taken up, and the
        others are left for the next look.

        Raises:
            SourceError: the folder is gone, or closed to us.
            DiskError: an earlier merge could not be written; what it had is asked for as before.
        """
        with self._changing:
            files = self._list(go_on)
            if not go_on():  # what was not listed is not gone
                return 0
            gone = self._known.keys() - files.keys()
            for path in gone:
                self._forget(path)
            changed = [file for file in files.values() if self._changed(file)]
            for group in _groups(self._encoded(self._texts(changed, go_on))):
                self._add(group)
            self._merge_if_due()
            return len(gone) + len(changed)

    def update(self, path: str | Path) -> None:
        """Look at one file that was changed, made or removed; of a folder, at everything.

        Raises:
            UsageError: the path leads out of the folder.
            DiskError: an earlier merge could not be written; what it had is asked for as before.
        """
        name = self._relative(path)
        with self._changing:
            if self.is_wide(name):
                self.refresh()
                return
            file = self._intake.find(name)
            if file is None:
                for known in [p for p in self._known if p == name or p.startswith(f"{name}/")]:
                    self._forget(known)
            elif self._changed(file) and (text := self._text(file)):
                self._add(list(self._encoded([text])))
            self._merge_if_due()

    def is_wide(self, path: str | Path) -> bool:
        """Whether a change of it may concern any file: it is a folder, or says what is ignored."""
        return Path(path).name == IGNORE or (self.root / path).is_dir()

    def close(self) -> None:
        """Write what is in memory, and let another process have the index."""
        try:
            self._worker.shutdown()
            if any(not self._store.stores(shard) for shard in self.index.shards):
                self._merge()
            else:
                self._store.save(self._known, list(self.index.shards))
        finally:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _relative(self, path: str | Path) -> str:
        place = Path(os.path.normpath(self.root / path))
        place = place.parent.resolve() / place.name  # the folder may be known by a link's name
        if not place.is_relative_to(self.root):
            raise UsageError(f"{path} is not in {self.root}: give a file of that folder.")
        return place.relative_to(self.root).as_posix()

    def _list(self, go_on: Callable[[], bool]) -> dict[str, File]:
        try:
            self._intake = Intake(self.root)
        except SourceError:
            if _is_empty(self.root):  # nothing to begin with, but a folder may become so
                return {}
            raise
        return self._intake.files(go_on)

    def _changed(self, file: File) -> bool:
        known = self._known.get(file.path)
        return known is None or known.stamp != self._intake.stamp(file.path)

    def _texts(self, files: list[File], go_on: Callable[[], bool]) -> Iterator[_Text]:
        with progress("index", len(files), "files") as task:
            for file in itertools.takewhile(lambda _: go_on(), files):
                text = self._text(file)
                task.advance()
                if text:
                    yield text

    def _text(self, file: File) -> _Text | None:
        """What a changed file has to enter; nothing where its content is as before, or refused."""
        stamp, known = self._intake.stamp(file.path), self._known.get(file.path)
        content = _content(file)
        if stamp is None or content is None:  # it changes while we look; the next look will tell
            self._forget(file.path)
            return None
        digest = hashlib.sha256(content).hexdigest()
        if known and known.sha256 == digest:
            self._known[file.path] = replace(known, stamp=stamp)
            return None
        cleaned = self._intake.clean(file, content)
        if cleaned is None:
            self._forget(file.path)
            self._known[file.path] = Known(stamp, digest)
            return None
        origin = Origin(
            self._intake.repository,
            file.path,
            self._intake.revision,
            cleaned.licence or "own",
            hashlib.sha256(cleaned.text.encode()).hexdigest(),
        )
        return _Text(cleaned.text, origin, Known(stamp, digest))

    def _encoded(self, texts: Iterable[_Text]) -> Iterator[_Encoded]:
        """As they come, so that what is given up has few to wait for."""
        for block in blocks(texts, BATCH):
            ids = encode_texts(self._tokenizer, [text.content for text in block])
            yield from zip(block, ids, strict=True)

    def _add(self, encoded: list[_Encoded]) -> None:
        """Have documents match, in place of what their files had."""
        texts, ids = [text for text, _ in encoded], [document for _, document in encoded]
        shard = Shard.build(self._tokenizer, ids, [text.origin for text in texts])
        large = len(shard) > DELTA_TOKENS
        if large:
            shard = self._store.write(shard)
        for document, text in enumerate(texts):
            self._forget(text.origin.path)
            self._known[text.origin.path] = replace(text.known, shard=shard, document=document)
        self._show([*self.index.shards, shard])
        if large:
            self._store.save(self._known, list(self.index.shards))

    def _forget(self, path: str) -> None:
        known = self._known.pop(path, None)
        if known and known.shard is not None:
            known.shard.delete(known.document)

    def _show(self, shards: Iterable[Shard]) -> None:
        """Answer from these shards from now on."""
        self.index = Index(self._tokenizer, [shard for shard in shards if shard.documents()])

    def _merge_if_due(self) -> None:
        if self._merging and self._merging.done():
            done, self._merging = self._merging, None
            done.result()
        sizes = [len(shard) for shard in self.index.shards if not self._store.stores(shard)]
        if not self._merging and (len(sizes) > DELTA_SHARDS or sum(sizes) > DELTA_TOKENS):
            self._merging = self._worker.submit(self._merge)

    def _merge(self) -> None:
        """Make one shard on disk of those in memory and of the small ones there."""
        with self._changing:
            old = self._to_merge()
            moved = [(shard, number) for shard in old for number in shard.documents()]
        ids = [shard.document(number) for shard, number in moved]
        origins = [shard.origins[number] for shard, number in moved]
        merged = self._store.write(Shard.build(self._tokenizer, ids, origins)) if moved else None
        with self._changing:
            for document, place in enumerate(moved):
                assert merged
                known = self._known.get(origins[document].path)
                if known and (known.shard, known.document) == place:
                    self._known[origins[document].path] = replace(
                        known, shard=merged, document=document
                    )
                else:  # it was changed or removed meanwhile
                    merged.delete(document)
            kept = [shard for shard in self.index.shards if shard not in old]
            self._show([merged, *kept] if merged else kept)
            self._store.save(self._known, list(self.index.shards))
            self._store.discard(old)

    def _to_merge(self) -> list[Shard]:
        """All in memory; on disk those that are no larger than what is gathered, or mostly dead."""
        shards = self.index.shards
        chosen = [shard for shard in shards if not self._store.stores(shard)]
        size = sum(shard.living_tokens() for shard in chosen)
        others = [(shard.living_tokens(), shard) for shard in shards if self._store.stores(shard)]
        for living, shard in sorted(others, key=lambda entry: entry[0]):
            worthwhile = living <= size or living < len(shard) // 2
            if worthwhile and size + living <= SHARD_TOKENS:
                chosen.append(shard)
                size += living
        return chosen


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:
        return False


def _content(file: File) -> bytes | None:
    try:
        return file.read()
    except UnreadableError:
        return None


def _groups(texts: Iterable[_Encoded]) -> Iterator[list[_Encoded]]:
    """Texts in their order, a shard's worth at a time."""
    group: list[_Encoded] = []
    size = 0
    for text, ids in texts:
        group.append((text, ids))
        size += len(text.content)
        if size >= SHARD_TEXT:
            yield group
            group, size = [], 0
    if group:
        yield group
