"""From documents to rows of fixed length: cut, given a header, some rearranged for infilling, packed.

A file longer than what is left of a row is cut there and goes on in the next row, each segment with
its own header and its own chance to be rearranged (context-level fill-in-the-middle, Bavarian et al.
2022, §4.4). Randomness is keyed by the document's content, so neither order nor restarts change a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from codekiln.inputs.formats import FIM_TOKENS, Header, Order, fill_in_the_middle, header_ids
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING

if TYPE_CHECKING:
    from codekiln.corpus import Document

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

    def rows(self, documents: Sequence[Document]) -> Iterator[list[int]]:
        """Rows of exactly `length + 1` ids; only the padding of a row belongs to no document."""
        row: list[int] = []
        closed = True
        encoded = self._tokenizer.encode_batch([document.content for document in documents])
        for document, ids in zip(documents, encoded, strict=True):
            generator = np.random.default_rng([self._seed, int(document.sha256[:16], 16)])
            start = 0
            while start < len(ids):
                if self._size - len(row) < SMALLEST_ROOM:
                    yield self._padded(row, closed)
                    row = []
                room = self._size - len(row)
                segment, start, closed = self._segment(document, ids, start, room, generator)
                row += segment
        if row:
            yield self._padded(row, closed)

    def _padded(self, row: list[int], closed: bool) -> list[int]:
        """Pad, behind the end token if what stands last is `closed` and the row has a place for it."""
        if closed and len(row) < self._size:
            row = [*row, self._tokenizer.end]
        return row + [self._padding] * (self._size - len(row))

    def _segment(
        self,
        document: Document,
        ids: list[int],
        start: int,
        room: int,
        generator: np.random.Generator,
    ) -> tuple[list[int], int, bool]:
        """The next segment, at most `room` ids; where in `ids` the one after it starts; is it closed?

        Closed is what the end token follows: a document's last segment, and any that is rearranged.
        """
        header = header_ids(self._tokenizer, self._header(document, generator))
        if len(header) > room // 2:
            header = header_ids(self._tokenizer, Header())
        rearranged = generator.random() < self._fim_rate
        # An infilling example must end in the end token, so one place is kept for it.
        free = room - len(header) - (FIM_TOKENS + SLACK + 1 if rearranged else 0)
        stop = self._whole_character(ids, start, min(start + free, len(ids)))
        if rearranged:
            text = self._tokenizer.decode(ids[start:stop])
            segment = header + self._rearranged(text, generator)
            if len(segment) < room:  # or else, rarely, the cuts cost more than SLACK
                return segment, stop, True
        return header + ids[start:stop], stop, stop == len(ids)

    def _whole_character(self, ids: list[int], start: int, stop: int) -> int:
        """The last place up to `stop`, past `start`, at which no character is cut in two."""
        cut = stop
        while cut < len(ids) and cut > start + 1 and self._continues(ids[cut]):
            cut -= 1
        return cut

    def _continues(self, token: int) -> bool:
        """Whether a token begins inside a character: 10xxxxxx is no first byte in UTF-8."""
        return self._tokenizer.bytes_of(token)[0] & 0xC0 == 0x80

    def _header(self, document: Document, generator: np.random.Generator) -> Header:
        """The header with each field kept at the header rate, so that the model can do without.

        Of several domains that are kept, each one stays at that rate too, but one at least: a person
        who asks for code gives few of them, and the model must have met every one of them alone.
        """
        repository, path, language, domains = generator.random(4) < self._header_rate
        draws = generator.random(len(document.domains))
        bound = max(self._header_rate, draws.min(initial=1.0))
        return Header(
            repository=document.repository if repository else "",
            path=document.path if path else "",
            language=document.language if language else "",
            domains=tuple(
                domain
                for domain, draw in zip(document.domains, draws, strict=True)
                if domains and draw <= bound
            ),
        )

    def _rearranged(self, text: str, generator: np.random.Generator) -> list[int]:
        """`text` cut at two random characters; PSM and SPM equally often."""
        first, second = sorted(generator.integers(0, len(text) + 1, 2))
        order: Order = "psm" if generator.random() < 0.5 else "spm"
        encode = self._tokenizer.encode
        prefix, middle, suffix = map(encode, (text[:first], text[first:second], text[second:]))
        return fill_in_the_middle(self._tokenizer, prefix, middle, suffix, order)
