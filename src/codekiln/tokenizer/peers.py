"""Vocabularies of other models that a package of the extra `compare` carries; no network is asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from codekiln.errors import MissingExtraError

OPENAI: Mapping[str, str] = {"o200k_base": "GPT-4o", "cl100k_base": "GPT-4"}


class Vocabulary(Protocol):
    """What a comparison asks of a tokenizer; `Tokenizer` is one."""

    @property
    def vocabulary_size(self) -> int:
        """Number of ids, special tokens included."""

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, of which all is plain text."""

    def bytes_of(self, token: int) -> bytes:
        """The bytes one id stands for."""


class OpenAIVocabulary:
    """One of OpenAI's, in the implementation of the package `bpe-openai`."""

    def __init__(self, encoding: Any) -> None:
        self._encoding = encoding
        self._bytes: dict[int, bytes] = {}
        self.vocabulary_size = int(encoding.n_vocab)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, of which all is plain text."""
        return [list(ids) for ids in self._encoding.encode_ordinary_batch(list(texts))]

    def bytes_of(self, token: int) -> bytes:
        """The bytes one id stands for."""
        if token not in self._bytes:
            self._bytes[token] = bytes(self._encoding.decode_single_token_bytes(token))
        return self._bytes[token]


def openai_vocabularies() -> dict[str, Vocabulary]:
    """Those of GPT-4o and GPT-4, by the models' names.

    Raises:
        MissingExtraError: the package is not installed.
    """
    try:
        import bpe_openai
    except ModuleNotFoundError:
        raise MissingExtraError("compare", "Comparing with GPT-4's vocabulary") from None
    return {
        model: OpenAIVocabulary(bpe_openai.get_encoding(name)) for name, model in OPENAI.items()
    }
