"""A tokenizer as the files that transformers' `AutoTokenizer` and vLLM load."""

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import processors

from codekiln.artifact import write_atomically
from codekiln.tokenizer.bpe import FILE_NAME, SETTINGS_NAME, Tokenizer
from codekiln.tokenizer.special import PADDING

MAP_NAME = "special_tokens_map.json"
GENERATION_NAME = "generation_config.json"


def save_tokenizer(folder: Path, tokenizer: Tokenizer, context: int) -> Tokenizer:
    """Write the files for a model with this `context`; the tokenizer as it stands there.

    One of ours is made to open every text, as training does; that of another model stays as it came.
    """
    if tokenizer.native:
        tokenizer = _opening(tokenizer)
    names = _names(tokenizer)
    settings: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        **names,
        **tokenizer.settings,
    }
    generation = {
        "bos_token_id": tokenizer.opening,
        "eos_token_id": sorted(tokenizer.ends),
        "pad_token_id": _padding(tokenizer),
    }
    write_atomically(folder / FILE_NAME, tokenizer.definition.encode())
    for name, entries in (
        (SETTINGS_NAME, settings),
        (MAP_NAME, names),
        (GENERATION_NAME, generation),
    ):
        write_atomically(folder / name, json.dumps(entries, indent=1).encode())
    return tokenizer


def opening_processor(token: str, place: int) -> processors.TemplateProcessing:
    """Puts a token in front of every text."""
    return processors.TemplateProcessing(single=f"{token} $A", special_tokens=[(token, place)])


def _opening(tokenizer: Tokenizer) -> Tokenizer:
    inner = tokenizers.Tokenizer.from_str(tokenizer.definition)
    opening = tokenizer.opening
    inner.post_processor = opening_processor(tokenizer.name_of(opening), opening)
    return Tokenizer(inner.to_str())


def _padding(tokenizer: Tokenizer) -> int:
    return tokenizer.special(PADDING) if tokenizer.knows(PADDING) else tokenizer.end


def _names(tokenizer: Tokenizer) -> dict[str, str]:
    """The control tokens that every tokenizer of Hugging Face has a word for."""
    places = {
        "bos_token": tokenizer.opening,
        "eos_token": tokenizer.stop,
        "pad_token": _padding(tokenizer),
    }
    return {name: tokenizer.name_of(place) for name, place in places.items()}
