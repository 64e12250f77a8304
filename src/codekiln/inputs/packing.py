"""From documents to rows of fixed length: cut, given a header, some rearranged for infilling, packed.

A file longer than what is left of a row is cut there and goes on in the next row, each segment with
its own header and its own chance to be rearranged (context-level fill-in-the-middle, Bavarian et al.
2022, §4.4). Randomness is keyed by the document's content, so neither order nor restarts change a row.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from codekiln.corpus import Document
from codekiln.inputs.formats import FIM_TOKENS, Header, Order, fill_in_the_middle, header_ids
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING

SMALLEST_ROOM = 64  # what is left of a row below this is padded
SLACK = 8  # tokens that a piece may gain when a cut inside a token makes it encode differently


class Packer:
    """Packs one run of documents into rows of `length + 1` ids: `length` predictions each."""

    def __init__(
        self, tokenizer: Tokenizer, length: int, fim_rate: float, header_rate: float, seed: int
    ) -> None:
        """`fim_rate` of the segments are rearranged; each header field is kept at `header_rate`."""
        self._tokenizer = tokenizer
        self._size = length + 1
        self._fim_rate, self._header_rate, self._seed = fim_rate, header_rate, seed
        self._padding = tokenizer.special(PADDING)

    def rows(self, documents: Iterable[Document]) -> Iterator[list[int]]:
        """Rows of exactly `length + 1` ids; only the padding of a row belongs to no document."""
        row: list[int] = []
        for document in documents:
            generator = np.random.default_rng([self._seed, int(document.sha256[:16], 16)])
            ids, offsets = self._tokenizer.encode_with_offsets(document.content)
            start = 0
            while start < len(ids):
                if self._size - len(row) < SMALLEST_ROOM:
                    yield self._padded(row)
                    row = []
                segment, start = self._segment(
                    document, ids, offsets, start, self._size - len(row), generator
                )
                row += segment
        if row:
            yield self._padded(row)

    def _padded(self, row: list[int]) -> list[int]:
        """Close the last document, then pad. A row that is full already ends inside its document."""
        if len(row) < self._size:
            row = [*row, self._tokenizer.end]
        return row + [self._padding] * (self._size - len(row))

    def _segment(
        self,
        document: Document,
        ids: list[int],
        offsets: list[tuple[int, int]],
        start: int,
        room: int,
        generator: np.random.Generator,
    ) -> tuple[list[int], int]:
        """The next segment, at most `room` ids, and where in `ids` the one after it starts."""
        header = header_ids(self._tokenizer, self._header(document, generator))
        if len(header) > room // 2:
            header = header_ids(self._tokenizer, Header())
        rearranged = generator.random() < self._fim_rate
        # An infilling example must end in the end token, so one place is kept for it.
        free = room - len(header) - (FIM_TOKENS + SLACK + 1 if rearranged else 0)
        stop = _whole_character(offsets, start, min(start + free, len(ids)))
        if not rearranged:
            return header + ids[start:stop], stop
        text = document.content[offsets[start][0] : offsets[stop - 1][1]]
        return header + self._rearranged(text, room - len(header) - 1, generator), stop

    def _header(self, document: Document, generator: np.random.Generator) -> Header:
        repository, path, language = generator.random(3) < self._header_rate
        return Header(
            repository=document.repository if repository else "",
            path=document.path if path else "",
            language=document.language if language else "",
        )

    def _rearranged(self, text: str, room: int, generator: np.random.Generator) -> list[int]:
        """`text` cut at two random characters; PSM and SPM equally often."""
        first, second = sorted(generator.integers(0, len(text) + 1, 2))
        order: Order = "psm" if generator.random() < 0.5 else "spm"
        encode = self._tokenizer.encode
        prefix, middle, suffix = map(encode, (text[:first], text[first:second], text[second:]))
        excess = len(prefix) + len(middle) + len(suffix) + FIM_TOKENS - room
        if excess > 0:  # rare: more than SLACK tokens were gained
            suffix = suffix[: max(0, len(suffix) - excess)]
            prefix = prefix[max(0, len(prefix) + len(middle) + len(suffix) + FIM_TOKENS - room) :]
        return fill_in_the_middle(self._tokenizer, prefix, middle, suffix, order)


def _whole_character(offsets: list[tuple[int, int]], start: int, stop: int) -> int:
    """The last place up to `stop`, past `start`, at which no character is cut in two."""
    cut = stop
    while cut < len(offsets) and cut > start + 1 and offsets[cut][0] < offsets[cut - 1][1]:
        cut -= 1
    return cut
