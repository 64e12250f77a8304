"""Byte-level byte-pair encoding: training it, and the tokenizer that everything else uses.

The pre-tokeniser is that of the qwen2 family, which llama.cpp knows by name, so text cut here and
there gives the same ids. There is no normaliser: any text comes back byte for byte.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from functools import cached_property
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from codekiln.errors import ModelError, UsageError
from codekiln.tokenizer.special import END_OF_TEXT, SPECIAL_TOKENS

FILE_NAME = "tokenizer.json"

# Split as Qwen2 does: contractions, words with one leading sign, single digits, runs of signs, line
# ends, spaces. Each piece is then merged on its own, so no token crosses a piece.
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)


class Tokenizer:
    """Text to ids and back, exactly. Ids below `len(SPECIAL_TOKENS)` are control, never text."""

    def __init__(self, definition: str) -> None:
        """Read the JSON of a `tokenizers` file.

        Raises:
            ModelError: the JSON is no tokenizer, or its special tokens are not ours.
        """
        try:
            self._inner = tokenizers.Tokenizer.from_str(definition)
        except Exception as error:  # the library raises the bare class
            raise ModelError(f"The tokenizer cannot be read ({error}): rebuild it.") from None
        for index, token in enumerate(SPECIAL_TOKENS):
            if self._inner.token_to_id(token) != index:
                raise ModelError(f"The tokenizer has no {token} at {index}: it is not codekiln's.")
        # Without this the library would turn the string "<fim_prefix>" in a source file into control.
        self._inner.encode_special_tokens = True
        self.definition = definition

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """The tokenizer in an artifact's or a model's folder.

        Raises:
            ModelError: there is none, or it cannot be read.
        """
        path = folder / FILE_NAME
        try:
            return cls(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise ModelError(f"{folder} holds no {FILE_NAME}: give a folder that does.") from None
        except UnicodeDecodeError:
            raise ModelError(f"{path} is damaged: rebuild the tokenizer.") from None

    @property
    def vocabulary_size(self) -> int:
        """Number of ids, special tokens included."""
        return int(self._inner.get_vocab_size())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the definition: a model is bound to it."""
        return hashlib.sha256(self.definition.encode()).hexdigest()

    @property
    def end(self) -> int:
        """The id that separates documents."""
        return SPECIAL_TOKENS.index(END_OF_TEXT)

    def special(self, token: str) -> int:
        """The id of a special token."""
        return SPECIAL_TOKENS.index(token)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; special-token strings in it are plain characters.

        Raises:
            UsageError: the text holds a lone surrogate, which no UTF-8 has.
        """
        try:
            return list(self._inner.encode(text, add_special_tokens=False).ids)
        except TypeError:
            raise UsageError(f"{text[:80]!a} is not UTF-8 text: convert it first.") from None

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text, on all processors."""
        encodings = self._inner.encode_batch_fast(list(texts), add_special_tokens=False)
        return [list(encoding.ids) for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; a character cut by the ends shows as U+FFFD, control as nothing."""
        return b"".join(map(self.bytes_of, ids)).decode("utf-8", errors="replace")

    def bytes_of(self, token: int) -> bytes:
        """The bytes one id stands for; none for a special token."""
        return self._bytes[token]

    @cached_property
    def _bytes(self) -> list[bytes]:
        table = _byte_alphabet()
        pieces = [b""] * self.vocabulary_size
        for text, token in self._inner.get_vocab().items():
            if token >= len(SPECIAL_TOKENS):
                pieces[token] = bytes(table[character] for character in text)
        return pieces


def train_bpe(texts: Iterator[str], vocabulary: int) -> Tokenizer:
    """Learn merges until there are `vocabulary` ids (Sennrich et al. 2016, §3.2, over bytes).

    Every byte has an id from the beginning, so there is no unknown token.
    """
    inner = tokenizers.Tokenizer(models.BPE(ignore_merges=False))
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # The library draws the texts in a thread of its own; what they report is to be heard in this one's.
    context = copy_context()
    drawn = iter(lambda: context.run(next, texts, None), None)
    inner.train_from_iterator(drawn, trainer)
    return Tokenizer(inner.to_str())


def _byte_alphabet() -> dict[str, int]:
    """The printable character that stands for each byte (Radford et al. 2019, GPT-2's encoder)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return table | {chr(0x100 + place): byte for place, byte in enumerate(others)}
