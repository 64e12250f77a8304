"""One shard: the tokens of some documents with their suffix array, on disk or in memory.

A shard never changes, but documents of it can be taken away. How shards answer together is in `index.py`.
"""

import mmap
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from codekiln.artifact import BESIDE, discard, disk_errors
from codekiln.errors import ArtifactError
from codekiln.index.match import TokenArray
from codekiln.index.origins import Origin, OriginTable, write_origins
from codekiln.index.suffix_array import suffix_array
from codekiln.inputs.mapped import map_shard
from codekiln.inputs.shards import id_type
from codekiln.tokenizer import Tokenizer

TOKENS, SUFFIXES, STARTS = "tokens.npy", "suffixes.npy", "starts.npy"
BATCH = 64  # texts to be tokenised together
FEW = 16  # places of which one mostly goes on
OUTLINED = 256  # suffixes for each number of the outline

Places = npt.NDArray[np.int64]


class Span(NamedTuple):
    """The suffixes `low … high - 1` of a shard: all places where `length` ids stand."""

    length: int
    low: int
    high: int


class Shard:
    """Documents one after the other, each closed by the end token, so that no match leaves one.

    `tokens [n]` are big-endian, so that bytes compare as ids do; `suffixes [n]` are their positions in
    sorted order; `starts [documents]` is where each document begins, and `origins` where it is from.
    """

    def __init__(
        self,
        tokens: npt.NDArray[Any],
        suffixes: npt.NDArray[np.int32],
        starts: npt.NDArray[np.int64],
        origins: Sequence[Origin],
        end: int,
    ) -> None:
        """Take arrays that belong together; those in memory are copied once."""
        self._bytes, self._first = _memory(tokens)
        # `np.memmap` takes ten times as long to look into as an array, and that twice as a memory view.
        self.tokens, self.suffixes = np.asarray(tokens), np.asarray(suffixes)
        self.starts = np.asarray(starts)
        self._places = memoryview(self.suffixes.data).cast("B").cast("i")
        self.origins, self.end = origins, end
        self._deleted = np.zeros(len(starts), bool)
        self._whole = True

    @classmethod
    def build(
        cls,
        tokenizer: Tokenizer,
        documents: Sequence[Sequence[int] | npt.NDArray[Any]],
        origins: Sequence[Origin],
    ) -> "Shard":
        """Index documents in memory; their ids are text, without an end token."""
        sizes = [len(document) + 1 for document in documents]
        starts = np.cumsum([0, *sizes], dtype=np.int64)
        tokens = np.full(starts[-1], tokenizer.end, token_type(tokenizer))
        for document, start in zip(documents, starts.tolist(), strict=False):
            tokens[start : start + len(document)] = document
        return cls(tokens, suffix_array(tokens), starts[:-1], origins, tokenizer.end)

    @classmethod
    def open(cls, folder: Path, tokenizer: Tokenizer) -> "Shard":
        """Map the shard that `write` left in a folder.

        Raises:
            ArtifactError: it is damaged, or not there.
        """
        try:
            tokens, suffixes, starts = (map_shard(folder / n) for n in (TOKENS, SUFFIXES, STARTS))
            origins = OriginTable(folder)
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{folder} is damaged ({error}): rebuild the index.") from None
        types = [array.dtype for array in (tokens, suffixes, starts)]
        if types != [token_type(tokenizer), np.dtype(np.int32), np.dtype(np.int64)] or (
            (len(tokens), len(starts)) != (len(suffixes), len(origins))
        ):
            raise ArtifactError(f"{folder} is damaged (its files disagree): rebuild the index.")
        return cls(tokens, suffixes, starts, origins, tokenizer.end)

    def write(self, folder: Path) -> None:
        """Write the shard as a folder that is seen whole or not at all.

        Raises:
            DiskError: the disk is full, read-only or failing.
        """
        beside = folder.with_name(folder.name + BESIDE)
        with disk_errors(folder):
            discard(beside)
            beside.mkdir(parents=True)
            _save(beside / TOKENS, self.tokens)
            _save(beside / SUFFIXES, self.suffixes)
            _save(beside / STARTS, self.starts)
            write_origins(beside, self.origins)
            beside.replace(folder)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, ids: Sequence[int]) -> bytes:
        """Ids as the shard's bytes have them."""
        return np.asarray(ids, self.tokens.dtype).tobytes()

    def find(self, pattern: bytes) -> tuple[int, int]:
        """The range of suffixes that begin with the `pattern` of `encode`; empty where none does."""
        text, first, width, size = self._bytes, self._first, self.tokens.itemsize, len(pattern)

        def beginning(place: int) -> bytes:
            start = first + place * width
            return text[start : start + size]

        low = bisect_left(self._places, pattern, key=beginning)
        if low == len(self._places) or beginning(self._places[low]) != pattern:
            return low, low
        return low, bisect_right(self._places, pattern, low, key=beginning)

    @cached_property
    def outline(self) -> npt.NDArray[np.uint64]:
        """The first eight bytes of every `OUTLINED`-th suffix, as a number: where a search can begin.

        Made when it is first asked for, which reads the suffixes once. Ascending, as far as a search for
        ids without an end token can tell.
        """
        ids = 8 // self.tokens.itemsize
        places = self.suffixes[::OUTLINED, None].astype(np.int64) + np.arange(ids)
        heads = self.tokens[np.minimum(places, len(self) - 1)].view(">u8")
        return np.asarray(heads[:, 0], np.uint64)

    def longest(self, context: bytes, least: int, most: int) -> Span | None:
        """The longest end of `context`, of `least` to `most` ids, that stands here and goes on.

        If an end stands here and goes on, then so does every shorter one: at the same place.
        """
        best = self._going_on(context, most)
        if best or most == least:
            return best
        best = self._going_on(context, least)
        while best and best.length + 1 < most:
            length = min(2 * best.length, (best.length + most) // 2)  # most matches are short
            longer = self._going_on(context, length)
            best, most = (longer, most) if longer else (best, length)
        return best

    def _going_on(self, context: bytes, length: int) -> Span | None:
        low, high = self.find(context[len(context) - length * self.tokens.itemsize :])
        start, size = low, FEW
        while start < high:
            if len(self.followed(Span(length, start, min(start + size, high)))):
                return Span(length, low, high)
            start, size = start + size, 2 * size
        return None

    def followed(self, span: Span, step: int = 1) -> Places:
        """The positions behind a span's places, or every `step`-th, where a document goes on."""
        behind = self.living(self.suffixes[span.low : span.high : step]) + span.length
        goes_on: npt.NDArray[np.bool_] = self.tokens[behind] != self.end
        return behind[goes_on]

    def following(self, positions: Places, n: int) -> TokenArray:
        """The `n` ids from each position `[places] -> [places, n]`; past the shard, its last, an end."""
        places = positions[:, None] + np.arange(n)
        ids: TokenArray = self.tokens[np.minimum(places, len(self) - 1)].astype(np.int64)
        return ids

    def living(self, positions: npt.NDArray[np.integer]) -> Places:
        """Those of some positions whose document was not taken away."""
        places = positions.astype(np.int64)
        return places if self._whole else places[~self._deleted[self.documents_of(places)]]

    def documents_of(self, positions: npt.ArrayLike) -> Places:
        """The number of the document that each position is in."""
        return np.asarray(np.searchsorted(self.starts, positions, side="right") - 1)

    def document(self, number: int) -> npt.NDArray[Any]:
        """The ids of one document, without its end token."""
        ends = self.starts[number + 1 : number + 2]
        return self.tokens[int(self.starts[number]) : int(ends[0] if len(ends) else len(self)) - 1]

    def documents(self) -> list[int]:
        """The numbers of the documents that were not taken away."""
        numbers: list[int] = np.flatnonzero(~self._deleted).tolist()
        return numbers

    def living_tokens(self) -> int:
        """How many tokens those have."""
        sizes = np.diff(self.starts, append=len(self))
        return int(sizes[~self._deleted].sum())

    @cached_property
    def numbers(self) -> dict[str, list[int]]:
        """The documents of each path, also those that were taken away. Made when it is first asked for."""
        found: dict[str, list[int]] = {}
        for number, origin in enumerate(self.origins):
            found.setdefault(origin.path, []).append(number)
        return found

    def without(self, documents: Iterable[int]) -> "Shard":
        """The same tokens and suffixes; some more documents match nothing."""
        other = copy(self)
        other._deleted = self._deleted.copy()
        for document in documents:
            other.delete(document)
        return other

    def delete(self, document: int) -> None:
        """Take a document away: from now on it matches nothing."""
        self._deleted[document] = True
        self._whole = False


def token_type(tokenizer: Tokenizer) -> np.dtype[Any]:
    """How an index stores ids: as small as they allow, big end first."""
    return np.dtype(id_type(tokenizer)).newbyteorder(">")


def encode_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> list[npt.NDArray[Any]]:
    """The ids of texts as an index stores them: a tenth of the memory that lists of ids take."""
    kind = token_type(tokenizer)
    return [np.array(ids, kind) for ids in tokenizer.encode_batch(texts)]


def _memory(tokens: npt.NDArray[Any]) -> tuple[mmap.mmap | bytes, int]:
    """The bytes that hold an array, and where in them it begins."""
    if isinstance(tokens, np.memmap) and isinstance(tokens.base, mmap.mmap):
        return tokens.base, tokens.offset % mmap.ALLOCATIONGRANULARITY
    return tokens.tobytes(), 0


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
