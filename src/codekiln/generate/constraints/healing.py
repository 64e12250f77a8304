"""Token healing: the text just before the cursor is generated anew, so that its tokens may differ.

What leaves the prompt for that, and why, is in `tokenizer.healing`; here is how the answer is held to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codekiln.generate.constraints.constraint import Mask
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.healing import opened

BLANKS = (b" ", b"\t")


class Pieces:
    """The bytes of all text ids, sorted, so that those with the same beginning are neighbours."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.bytes_of = tokenizer.bytes_of
        self._size = tokenizer.vocabulary_size
        self._ids = np.array(sorted(tokenizer.text_ids, key=self.bytes_of), dtype=np.int64)
        self._sorted = [self.bytes_of(token) for token in self._ids.tolist()]
        self._id_of = dict(zip(self._sorted, self._ids.tolist(), strict=True))

    def compatible(self, text: bytes) -> Mask:
        """`[vocabulary_size]`: the ids whose bytes begin with `text` or are a beginning of it.

        If the text is empty, all are. Otherwise some are too, because a byte that occurs in any token
        of a byte-level BPE is also a token of its own.
        """
        if not text:
            return np.ones(self._size, dtype=np.bool_)
        mask = np.zeros(self._size, dtype=np.bool_)
        mask[self.beginning_with(text)] = True
        for length in range(1, len(text)):
            beginning = self._id_of.get(text[:length])
            if beginning is not None:
                mask[beginning] = True
        return mask

    def beginning_with(self, text: bytes) -> npt.NDArray[np.int64]:
        """The ids whose bytes begin with `text`."""
        first = bisect_left(self._sorted, text)
        behind = bisect_right(self._sorted, text, key=lambda piece: piece[: len(text)])
        return self._ids[first:behind]


class Healing:
    """Implements `Constraint`: the answer begins with a text, in whatever tokens, and goes on freely.

    Behind white space comes no more of it: whoever indented has said how deep.
    """

    def __init__(self, pieces: Pieces, text: bytes, written: int = 0) -> None:
        """`text` can be written in tokens; `written` bytes of the answer are there already."""
        self._pieces, self._text, self._written = pieces, text, written

    @property
    def overlap(self) -> int:
        """Bytes of the text."""
        return len(self._text)

    def allowed(self) -> Mask:
        """`[vocabulary_size]`: what agrees with the rest of the text; everything behind it."""
        rest = self._text[self._written :]
        mask = self._pieces.compatible(rest)
        if self._written <= len(self._text) and self._is_indented:
            for blank in BLANKS:
                mask[self._pieces.beginning_with(rest + blank)] = False
        return mask

    @property
    def _is_indented(self) -> bool:
        return self._text.isspace() and self._text.endswith(BLANKS)

    def advance(self, token: int) -> None:
        """Count the bytes of a token."""
        self._written += len(self._pieces.bytes_of(token))

    def copy(self) -> "Healing":
        """One in the same state."""
        return Healing(self._pieces, self._text, self._written)


class Healer:
    """Heals the prompts of one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer, self._pieces = tokenizer, Pieces(tokenizer)

    def heal(self, prompt: Sequence[int]) -> tuple[list[int], Healing | None]:
        """The prompt without the end of its prefix, with which the answer begins instead."""
        ids, text = opened(self._tokenizer, prompt)
        return ids, Healing(self._pieces, text) if text else None
