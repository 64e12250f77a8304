"""Byte-level byte-pair encoding: training it, and the tokenizer that everything else uses.

The pre-tokeniser is that of the qwen2 family, which llama.cpp knows by name, so text cut here and
there gives the same ids. There is no normaliser: any text comes back byte for byte.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextvars import copy_context
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from codekiln.errors import ModelError, UsageError
from codekiln.tokenizer.control import foreign_control, our_control
from codekiln.tokenizer.special import SPECIAL_TOKENS

FILE_NAME = "tokenizer.json"
SETTINGS_NAME = "tokenizer_config.json"

# Pieces whose ids each thread remembers. The library's 10,000 take 4 MB a thread, for as long as the thread
# lives, and are not faster.
REMEMBERED = 1000

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
    """Text to ids and back. Added tokens are control, never text: their strings in a text are characters.

    Ours give every text back exactly, and have our special tokens as their first ids. Another
    model's may begin by normalising, and has only some of those tokens.
    """

    def __init__(self, definition: str, settings: Mapping[str, Any] | None = None) -> None:
        """Read the JSON of a `tokenizers` file; `settings` are the entries of `tokenizer_config.json`.

        Raises:
            ModelError: the JSON is no tokenizer; or its special tokens are not ours, and no settings
                say what another model has in their place.
        """
        self._inner = _read(definition)
        if isinstance(self._inner.model, models.BPE):
            self._inner.model._resize_cache(REMEMBERED)
        control = our_control(self._inner)
        self.native = control is not None
        if control is None and settings is None:
            raise ModelError(
                f"The tokenizer does not begin with our special tokens, and no {SETTINGS_NAME} beside it "
                "tells its own: it is not codekiln's."
            )
        self.settings: Mapping[str, Any] = {} if control else dict(settings or {})
        self._control = control or foreign_control(self._inner, self.settings)
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
            settings = folder / SETTINGS_NAME
            return cls(
                path.read_text(encoding="utf-8"),
                json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else None,
            )
        except (FileNotFoundError, NotADirectoryError):
            raise ModelError(f"{folder} holds no {FILE_NAME}: give a folder that does.") from None
        except ValueError:
            raise ModelError(f"{path} is damaged: rebuild the tokenizer.") from None

    @cached_property
    def vocabulary_size(self) -> int:
        """Number of ids, special tokens included."""
        return 1 + max(self._inner.get_vocab().values())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the definition: a model is bound to it."""
        return hashlib.sha256(self.definition.encode()).hexdigest()

    @property
    def opening(self) -> int:
        """The id in front of every document; in ours it is `end`."""
        return self._control.opening

    @property
    def end(self) -> int:
        """The id that separates documents."""
        return self._control.end

    @property
    def stop(self) -> int:
        """The id behind an answer of the model; in ours it is `end`."""
        return self._control.stop

    @property
    def ends(self) -> frozenset[int]:
        """The ids after which an answer is over."""
        return frozenset([self.end, self.stop])

    def knows(self, token: str) -> bool:
        """Whether there is a special token; ours has all of them."""
        return token in self._control.special

    def special(self, token: str) -> int:
        """The id of a special token that there is."""
        return self._control.special[token]

    def name_of(self, token: int) -> str:
        """How an id is written in the definition: readable for control alone."""
        return str(self._inner.id_to_token(token))

    def encode(self, text: str) -> list[int]:
        """The ids of a text; special-token strings in it are plain characters.

        Raises:
            UsageError: the text holds a lone surrogate, which no UTF-8 has.
        """
        try:
            return list(self._inner.encode(text, add_special_tokens=False).ids)
        except TypeError:
            raise UsageError(f"{text[:80]!a} is not UTF-8 text: convert it first.") from None

    def split_control(self, text: str) -> list[str | int]:
        """A text that may hold control, such as a template's: its characters, and the ids between them."""
        pieces = self._control_strings.split(text)
        vocabulary = self._inner.get_vocab(with_added_tokens=True)
        return [vocabulary[piece] if n % 2 else piece for n, piece in enumerate(pieces)]

    @cached_property
    def _control_strings(self) -> re.Pattern[str]:
        added = (token.content for token in self._inner.get_added_tokens_decoder().values())
        longest_first = sorted(added, key=len, reverse=True)
        return re.compile(f"({'|'.join(map(re.escape, longest_first)) or '(?!)'})")

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
    def text_ids(self) -> frozenset[int]:
        """The ids that stand for bytes; any other is control, or nothing at all."""
        return frozenset(token for token, piece in enumerate(self._bytes) if piece)

    @cached_property
    def crosses_lines(self) -> bool:
        """Whether there are tokens of a line break and the indentation behind it, as in GPT-2's kind."""
        return any(b"\n " in self.bytes_of(token) for token in self.text_ids)

    @cached_property
    def _bytes(self) -> list[bytes]:
        table, control = _byte_alphabet(), self._inner.get_added_tokens_decoder()
        pieces = [b""] * self.vocabulary_size
        for text, token in self._inner.get_vocab().items():
            if token not in control:
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


def _read(definition: str) -> tokenizers.Tokenizer:
    """The library's tokenizer, with every added token as a special one: those alone can be switched off."""
    try:
        entries = json.loads(definition)
        added = entries.get("added_tokens") or []
        if all(token["special"] for token in added):
            return tokenizers.Tokenizer.from_str(definition)
        entries["added_tokens"] = [token | {"special": True} for token in added]
        return tokenizers.Tokenizer.from_str(json.dumps(entries))
    except Exception as error:  # the library raises the bare class
        raise ModelError(f"The tokenizer cannot be read ({error}): rebuild it.") from None


def _byte_alphabet() -> dict[str, int]:
    """The printable character that stands for each byte (Radford et al. 2019, GPT-2's encoder)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return table | {chr(0x100 + place): byte for place, byte in enumerate(others)}
