"""What the ids that are no text are for: in our tokenizers by place, in other models' by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tokenizers
from tokenizers import decoders, models

from codekiln.errors import ModelError
from codekiln.tokenizer.special import (
    END_OF_TEXT,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    PADDING,
    SPECIAL_TOKENS,
)

# What plays the part of our tokens in other models (Llama 3, Qwen2.5-Coder); the last one there counts.
SPELLINGS = {
    END_OF_TEXT: ("<|end_of_text|>", END_OF_TEXT),
    FIM_PREFIX: ("<|fim_prefix|>", FIM_PREFIX),
    FIM_MIDDLE: ("<|fim_middle|>", FIM_MIDDLE),
    FIM_SUFFIX: ("<|fim_suffix|>", FIM_SUFFIX),
    PADDING: ("<|fim_pad|>", PADDING),
}


@dataclass(frozen=True)
class Control:
    """`opening` stands in front of a document, `end` between two, `stop` behind the model's own answer.

    `special` has the ids of those of our special tokens that there are.
    """

    opening: int
    end: int
    stop: int
    special: Mapping[str, int]


def our_control(inner: tokenizers.Tokenizer) -> Control | None:
    """That of a tokenizer of ours, which has our special tokens in their places; None of another."""
    if any(inner.token_to_id(token) != place for place, token in enumerate(SPECIAL_TOKENS)):
        return None
    special = {token: place for place, token in enumerate(SPECIAL_TOKENS)}
    end = special[END_OF_TEXT]
    return Control(end, end, end, special)


def foreign_control(inner: tokenizers.Tokenizer, settings: Mapping[str, Any]) -> Control:
    """That of another model's tokenizer, with the entries of its `tokenizer_config.json`.

    Raises:
        ModelError: it is no byte-level BPE, or does not say what ends an answer.
    """
    if not isinstance(inner.model, models.BPE) or not isinstance(inner.decoder, decoders.ByteLevel):
        raise ModelError("The tokenizer is no byte-level BPE: take a model with one that is.")
    named = settings.get("eos_token")
    name = named.get("content") if isinstance(named, Mapping) else named
    vocabulary = inner.get_vocab()
    if not isinstance(name, str) or name not in vocabulary:
        raise ModelError(f"The tokenizer has no end token ({name!r}): fetch the model again.")
    special = {
        token: vocabulary[spelling]
        for token, spellings in SPELLINGS.items()
        for spelling in spellings
        if spelling in vocabulary
    }
    end = special.get(END_OF_TEXT, vocabulary[name])
    # What the tokenizer itself puts in front of a text.
    front = [
        token for token in inner.encode("a").ids[:1] if token in inner.get_added_tokens_decoder()
    ]
    opening = front[0] if front else end
    return Control(opening, end, vocabulary[name], special)
