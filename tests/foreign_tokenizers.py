"""Tokenizers as other models have them: small, but with their control tokens and pre-tokenisers."""

import json
from collections.abc import Iterable

import tokenizers
from tokenizers import (
    AddedToken,
    Regex,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.bpe import PIECES

TEXTS = ("def add(first, second):\n    return first + second\n", "Grüße, 日本語 12345 don't\n") * 20
QWEN_2 = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
QWEN_2_PLAIN = ("<tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>")


def trained(
    pre_tokenizer: pre_tokenizers.PreTokenizer,
    first: Iterable[str] = (),
    texts: Iterable[str] = TEXTS,
) -> tokenizers.Tokenizer:
    """A byte-level BPE with some control tokens as its first ids."""
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizer
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=350,
        special_tokens=list(first),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return inner


def split(pieces: str) -> pre_tokenizers.PreTokenizer:
    """Pieces by a pattern, then bytes."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def smollm(texts: Iterable[str] = TEXTS) -> tokenizers.Tokenizer:
    """Control first, digits one by one, the pieces of GPT-2."""
    pieces = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    control = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<reponame>")
    return trained(pieces, control, texts)


def qwen2() -> tokenizers.Tokenizer:
    """Control last, some of it not marked as special, and a normaliser."""
    inner = trained(split(PIECES))
    inner.normalizer = normalizers.NFC()
    inner.add_special_tokens([AddedToken(token, special=True) for token in QWEN_2])
    inner.add_tokens([AddedToken(token, normalized=False) for token in QWEN_2_PLAIN])
    return inner


def llama3() -> tokenizers.Tokenizer:
    """A token in front of every text, put there by the tokenizer itself; numbers in threes.

    A piece that is a token is taken as it is: no merges lead to `zqz`.
    """
    inner = trained(split(PIECES.replace(r"\p{N}|", r"\p{N}{1,3}|")))
    vocabulary, merges = vocabulary_of(inner)
    vocabulary["zqz"] = len(vocabulary)
    inner.model = models.BPE(vocabulary, merges, ignore_merges=True)
    names = ("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>")
    inner.add_special_tokens([AddedToken(token, special=True) for token in names])
    inner.post_processor = processors.TemplateProcessing(
        single=f"{names[0]} $A", special_tokens=[(names[0], inner.token_to_id(names[0]))]
    )
    return inner


def vocabulary_of(inner: tokenizers.Tokenizer) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Tokens and merges of a BPE."""
    model = json.loads(inner.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def foreign(inner: tokenizers.Tokenizer, end: object) -> Tokenizer:
    """Ours of the same definition, with what ends an answer."""
    return Tokenizer(inner.to_str(), {"eos_token": end})
