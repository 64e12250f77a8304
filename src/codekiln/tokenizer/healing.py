"""Where an answer begins: with the piece of text just before the cursor, which leaves the prompt.

A tokenizer seldom cuts `return` behind `retu`, so a model that reads the tokens of `retu` is where
its training never was. Therefore the last ids of the prefix are taken out of the prompt, and the
answer has to begin with their bytes; `generate.constraints.healing` sees to that, and examples to tune a
model on are made so. The idea is that of guidance's authors (Lundberg 2023, "The Art of Prompt Design:
Prompt Boundaries and Token Healing").
"""

from collections.abc import Sequence
from typing import NamedTuple

from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import FIM_MIDDLE, FIM_SUFFIX

LONGEST = 8  # ids written anew; in scripts without blanks whole sentences would be one word


class Opened(NamedTuple):
    """The ids that are read, and the text of the prefix that the answer begins with instead, maybe none."""

    ids: list[int]
    text: bytes


def opened(tokenizer: Tokenizer, prompt: Sequence[int]) -> Opened:
    """The prompt without the end of its prefix.

    That end is the last id, with those before it that are of one word or one white space with
    it. The prefix must not be empty; it ends where the prompt does or, in the order prefix, suffix,
    middle, before the suffix. Where control stands at its end the prompt stays as it is, and behind a
    line break too, if tokens end there: a model that writes one anew may add an empty line. To a
    tokenizer of GPT-2's kind a line break alone says that the next line is not indented.
    """
    end = _cursor(tokenizer, prompt)
    start = _piece(tokenizer, prompt, end)
    text = b"".join(map(tokenizer.bytes_of, prompt[start:end]))
    if text.endswith((b"\n", b"\r")) and not tokenizer.crosses_lines:
        return Opened(list(prompt), b"")
    return Opened([*prompt[:start], *prompt[end:]] if text else list(prompt), text)


def _cursor(tokenizer: Tokenizer, prompt: Sequence[int]) -> int:
    """The place behind the prefix."""
    known = tokenizer.knows(FIM_MIDDLE)
    if known and prompt[-1] == tokenizer.special(FIM_MIDDLE):
        return list(prompt).index(tokenizer.special(FIM_SUFFIX))
    return len(prompt)


def _piece(tokenizer: Tokenizer, prompt: Sequence[int], end: int) -> int:
    """Where the end of a prefix begins that is to be written anew."""
    start, text = end, b""
    while start > max(1, end - LONGEST):
        before = tokenizer.bytes_of(prompt[start - 1])
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
