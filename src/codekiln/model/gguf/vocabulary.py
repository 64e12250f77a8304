"""A tokenizer in the metadata of a GGUF file. llama.cpp knows pre-tokenisers by name, not by pattern."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import tokenizers
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers

from codekiln.errors import ModelError
from codekiln.model.gguf.container import Gguf
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.bpe import PIECES
from codekiln.tokenizer.hugging_face import opening_processor
from codekiln.tokenizer.special import FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX, PADDING

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5  # `token_type`
PREFIX = "tokenizer.ggml."


def _split(pieces: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _single_digits_and_gpt2() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )


PRE_TOKENIZERS: Mapping[str, Callable[[], pre_tokenizers.PreTokenizer]] = {
    "qwen2": lambda: _split(PIECES),
    "smollm": _single_digits_and_gpt2,
    "llama-bpe": lambda: _split(PIECES.replace(r"|\p{N}|", r"|\p{N}{1,3}|")),
}
# Llama 3 takes a piece that is a token as it is, and opens every text unless it is told not to.
WHOLE_PIECES = OPENS_TEXTS = ("llama-bpe",)


def tokenizer_of(file: Gguf) -> tuple[str, dict[str, Any]]:
    """The tokenizer in a file as the contents of `tokenizer.json` and `tokenizer_config.json`.

    There is no normaliser, as there is none in llama.cpp.

    Raises:
        ModelError: it is of a kind that we do not have, or makes no sense.
    """
    said = {
        name.removeprefix(PREFIX): value
        for name, value in file.metadata.items()
        if name.startswith(PREFIX)
    }
    pre = said.get("pre", "default")
    if said.get("model") != "gpt2" or pre not in PRE_TOKENIZERS:
        raise ModelError(
            f"{file.path} has a tokenizer of kind '{said.get('model')}' with pieces of '{pre}', and "
            f"codekiln has 'gpt2' with those of {', '.join(PRE_TOKENIZERS)}: take another model."
        )
    try:
        definition = _definition(said, pre)
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": said["tokens"][said["eos_token_id"]],
        }
    except Exception as error:  # the library of tokenizers raises the bare class
        raise ModelError(
            f"{file.path} is damaged (its tokenizer: {error!r}): fetch it again."
        ) from None
    template = file.metadata.get("tokenizer.chat_template")
    return definition, settings | ({"chat_template": template} if template else {})


def _definition(said: Mapping[str, Any], pre: str) -> str:
    tokens, kinds = said["tokens"], said["token_type"]
    vocabulary = {
        token: place
        for place, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind != UNUSED
    }
    if len(vocabulary) + kinds.count(UNUSED) != len(tokens):
        raise ValueError("a token is there twice")
    merges = [(first, second) for first, second in (merge.split(" ") for merge in said["merges"])]
    model = models.BPE(vocab=vocabulary, merges=merges, ignore_merges=pre in WHOLE_PIECES)
    inner = tokenizers.Tokenizer(model)
    inner.pre_tokenizer = PRE_TOKENIZERS[pre]()
    inner.decoder = decoders.ByteLevel()
    control = [token for token, place in vocabulary.items() if kinds[place] != NORMAL]
    inner.add_special_tokens([AddedToken(token, special=True) for token in control])
    if said.get("add_bos_token", pre in OPENS_TEXTS):
        inner.post_processor = opening_processor(tokens[said["bos_token_id"]], said["bos_token_id"])
    return str(inner.to_str())


def metadata_of(tokenizer: Tokenizer, size: int) -> dict[str, Any]:
    """The same tokenizer as entries of a file, filled up with unused tokens to the `size` of the embedding.

    Raises:
        ModelError: its pieces are of a kind that llama.cpp has no name for.
    """
    entries = json.loads(tokenizer.definition)
    tokens = [f"[PAD{place}]" for place in range(size)]
    kinds = [UNUSED] * size
    for token, place in entries["model"]["vocab"].items():
        tokens[place], kinds[place] = token, NORMAL
    for added in entries["added_tokens"]:
        tokens[added["id"]], kinds[added["id"]] = added["content"], CONTROL
    merges = entries["model"]["merges"]
    fim = {"fim_pre": FIM_PREFIX, "fim_suf": FIM_SUFFIX, "fim_mid": FIM_MIDDLE, "fim_pad": PADDING}
    places = {
        f"{name}_token_id": tokenizer.special(token)
        for name, token in fim.items()
        if tokenizer.knows(token)
    }
    said = {
        "model": "gpt2",
        "pre": _name_of_pieces(entries["pre_tokenizer"]),
        "tokens": tokens,
        "token_type": kinds,
        "merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in merges],
        "bos_token_id": tokenizer.opening,
        "eos_token_id": tokenizer.stop,
        "add_bos_token": tokenizer.native or tokenizer.opening != tokenizer.end,
        **places,
    }
    template = tokenizer.settings.get("chat_template")
    return {
        **{PREFIX + name: value for name, value in said.items()},
        **({"tokenizer.chat_template": template} if isinstance(template, str) else {}),
    }


def _name_of_pieces(pre_tokenizer: Mapping[str, Any]) -> str:
    """llama.cpp's name of a pre-tokeniser, from its definition."""
    wanted = _without_offsets(pre_tokenizer)
    for name, make in PRE_TOKENIZERS.items():
        inner = tokenizers.Tokenizer(models.BPE())
        inner.pre_tokenizer = make()
        if _without_offsets(json.loads(inner.to_str())["pre_tokenizer"]) == wanted:
            return name
    raise ModelError(
        "llama.cpp has no name for the pieces that this tokenizer cuts text into: export it with "
        "--format hf."
    )


def _without_offsets(part: Any) -> Any:
    """A definition without what changes positions alone, not ids."""
    if isinstance(part, Mapping):
        return {k: _without_offsets(v) for k, v in part.items() if k != "trim_offsets"}
    return [_without_offsets(one) for one in part] if isinstance(part, list) else part
