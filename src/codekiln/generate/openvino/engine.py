"""The fast engine: a compiled graph, and the pages of keys and values that it reads and writes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codekiln.errors import ModelError
from codekiln.generate.engine import Ids, Logits
from codekiln.generate.openvino.network import STRIDE, Network
from codekiln.generate.openvino.pages import PAGE, PageTable

CHUNK = 512  # most tokens of a row that are read at once, which bounds the memory they take
PAIR = 2  # tokens at least in each of several rows


def chunk(left: int) -> int:
    """How many of the tokens that are left to be read are read at once.

    Filled up to a multiple of the stride they are a power of two: the plugin keeps what it prepared for
    each number of tokens, about a megabyte, and so there are only seven of them.

    >>> [chunk(left) for left in (1000, 488, 232, 104, 40, 8, 3, 13)]
    [512, 256, 128, 64, 32, 8, 3, 13]
    """
    filled = left + -left % STRIDE
    return min(left, CHUNK, 1 << (filled.bit_length() - 1))


class OpenVinoEngine:
    """Implements `Engine`. A rewind costs nothing, and a fork copies the page that is written next."""

    def __init__(self, network: Network) -> None:
        self._network, self.length = network, 0
        self._pages = PageTable()
        self._caches: dict[str, npt.NDArray[np.generic]] = {}

    @property
    def stride(self) -> int:
        """Steps of one row are filled up to a multiple of so many tokens."""
        return STRIDE

    @property
    def context(self) -> int:
        """Most tokens a sequence may have."""
        return self._network.config.context

    @property
    def vocabulary(self) -> int:
        """Number of ids."""
        return self._network.config.vocabulary

    def prefill(self, ids: Ids) -> Logits:
        """Forget everything and read `ids[batch, n]`; logits `[batch, vocab]` after the last one."""
        self._check_room(0, ids)
        self.length = 0
        self._pages.clear(len(ids))
        return self.read(ids)

    def read(self, ids: Ids) -> Logits:
        """Read `ids[batch, n]` more; logits `[batch, vocab]` after the last one."""
        self._check_room(self.length, ids)
        start = 0
        while start < ids.shape[1]:
            size = chunk(ids.shape[1] - start)
            logits = self._infer(ids[:, start : start + size], 1)
            start += size
        return logits[:, -1]

    def step(self, ids: Ids, last: int | None = None) -> Logits:
        """Read `ids[batch, n]` more; logits `[batch, last, vocab]` after the last of them, or all."""
        self._check_room(self.length, ids)
        return self._infer(ids, ids.shape[1] if last is None else last)

    def fork(self, parents: Sequence[int]) -> None:
        """Row `i` becomes a copy of row `parents[i]`."""
        self._pages.fork(parents)

    def rewind(self, n: int) -> None:
        """Forget the last `n` tokens of every row."""
        assert 0 <= n <= self.length
        self.length -= n

    def twin(self) -> "OpenVinoEngine":
        """Another engine on the same weights, with an empty cache of its own."""
        return OpenVinoEngine(self._network)

    def _check_room(self, length: int, ids: Ids) -> None:
        if length + ids.shape[1] > self.context:
            raise ModelError(
                f"{length + ids.shape[1]} tokens do not fit the model's context of "
                f"{self.context}: shorten the prompt."
            )

    def _infer(self, ids: Ids, last: int) -> Logits:
        """Logits `[batch, last, vocab]` after the last so many ids of each row.

        Rows are filled up with their last id, and what that leaves is forgotten. So attention never has
        a single query, for which it has another kernel that rounds otherwise: no answer may depend on
        how many tokens a step has.
        """
        rows, n = ids.shape
        filling = -n % STRIDE if rows == 1 else max(PAIR - n, 0)
        ids = np.pad(ids, ((0, 0), (0, filling)), mode="edge")
        read, asked = n + filling, last + filling
        asked = min(read, asked + -asked % STRIDE)  # so that few shapes are enough
        begins = np.arange(rows) * read
        wanted = np.add.outer(begins, np.arange(read - asked, read)).reshape(-1)
        logits = self._run(ids, wanted).reshape(rows, asked, self.vocabulary)
        self.length += n
        return logits[:, asked - filling - last : asked - filling]

    def _run(self, ids: Ids, wanted: npt.NDArray[np.int64]) -> Logits:
        """Logits `[wanted, vocab]` at those of the places in `ids`, counted row after row."""
        rows, n = ids.shape
        past, total = self.length, self.length + n
        self._make_room(n)
        pages = self._pages.rows
        angles = (rows * n, 1, 1, -1)
        inputs = {
            "ids": ids.reshape(-1).astype(np.int32),
            "cosine": np.tile(self._network.cosine[past:total], (rows, 1)).reshape(angles),
            "sine": np.tile(self._network.sine[past:total], (rows, 1)).reshape(angles),
            "past_lens": np.full(rows, past, np.int32),
            "subsequence_begins": np.arange(0, rows * n + 1, n, dtype=np.int32),
            "block_indices": np.array(pages, np.int32).reshape(-1),
            "block_indices_begins": np.arange(rows + 1, dtype=np.int32) * len(pages[0]),
            "max_context_len": np.array(total, np.int32),
            "wanted": wanted.astype(np.int32),
        }
        return self._network.run(inputs, self._caches)

    def _make_room(self, n: int) -> None:
        """Have pages for `n` more tokens of each row, and in them the tokens they shared until now."""
        before = self._pages.capacity
        copies = self._pages.extend(self.length, n)
        if self._pages.capacity > before or not self._caches:
            self._grow(self._pages.capacity)
        for source, target in copies:
            for cache in self._caches.values():
                cache[target] = cache[source]

    def _grow(self, capacity: int) -> None:
        config = self._network.config
        shape = (capacity, config.key_value_heads, PAGE, config.head_width)
        for layer in range(config.layers):
            for name in (f"key_cache.{layer}", f"value_cache.{layer}"):
                self._network.replace(self._caches, name, self._larger(name, shape))

    def _larger(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """A cache of that shape with what the one of that name holds."""
        kind = np.uint16 if self._network.half else np.float32
        cache: npt.NDArray[np.generic] = np.empty(shape, kind)
        held = self._caches.get(name, cache[:0])
        cache[: len(held)] = held
        # Written at once: the memory of `zeros` would come page by page, minutes later.
        cache[len(held) :] = 0
        return cache
