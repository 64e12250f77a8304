"""Token healing: the text just before the cursor is generated anew, so that its tokens may differ.

A tokenizer seldom cuts `return` behind `retu`, so a model that reads the tokens of `retu` is where
its training never was. Therefore the last ids of the prefix are taken out of the prompt, and the
answer has to begin with their bytes. The idea is that of guidance's authors (Lundberg 2023, "The Art
of Prompt Design: Prompt Boundaries and Token Healing").
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codekiln.generate.constraints.constraint import Mask
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import FIM_MIDDLE, FIM_SUFFIX

BLANKS = (b" ", b"\t")
LONGEST = 8  # ids written anew; in scripts without blanks whole sentences would be one word


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
        """The prompt without the end of its prefix, with which the answer begins instead.

        That end is the last id, with those before it that are of one word or one white space with
        it. The prefix must not be empty; it ends where the prompt does or, in the order prefix, suffix,
        middle, before the suffix. Where control stands at its end the prompt stays as it is, and behind a
        line break too, if tokens end there: a model that writes one anew may add an empty line. To a
        tokenizer of GPT-2's kind a line break alone says that the next line is not indented.
        """
        end = self._cursor(prompt)
        start = self._piece(prompt, end)
        text = b"".join(map(self._pieces.bytes_of, prompt[start:end]))
        at_line = text.endswith((b"\n", b"\r"))
        if not text or (at_line and not self._tokenizer.crosses_lines):
            return list(prompt), None
        return [*prompt[:start], *prompt[end:]], Healing(self._pieces, text)

    def _cursor(self, prompt: Sequence[int]) -> int:
        """The place behind the prefix."""
        known = self._tokenizer.knows(FIM_MIDDLE)
        if known and prompt[-1] == self._tokenizer.special(FIM_MIDDLE):
            return list(prompt).index(self._tokenizer.special(FIM_SUFFIX))
        return len(prompt)

    def _piece(self, prompt: Sequence[int], end: int) -> int:
        """Where the end of a prefix begins that is to be written anew."""
        start, text = end, b""
        while start > max(1, end - LONGEST):
            before = self._pieces.bytes_of(prompt[start - 1])
            if not before or (text and not _joined(before, text)):
                break
            start, text = start - 1, before + text
        return start


def _joined(before: bytes, text: bytes) -> bool:
    """Whether byte-level BPE, which merges no tokens across its pieces, might have made them one.

    Pieces are taken to be white space, and letters with one blank or sign in front. GPT-2's, Qwen's and
    Llama 3's are these or smaller. Of bytes beyond ASCII most are letters.
    """
    if not text.strip():
        return not before.strip()
    if not _letter(text[0]):
        return False
    in_front = len(before) == 1 and not before.isdigit() and before not in b"\r\n"
    return in_front or _letter(before[-1])


def _letter(byte: int) -> bool:
    return byte >= 0x80 or chr(byte).isalpha()
