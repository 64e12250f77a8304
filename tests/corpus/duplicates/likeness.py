"""The slow truth about likeness, and documents made to have some."""

import random

from codekiln.corpus.duplicates import token_hashes


def grams(tokens):
    """The set of 5-grams, or the whole of what is shorter."""
    return {tuple(tokens[i : i + 5]) for i in range(max(1, len(tokens) - 4))}


def jaccard(left, right):
    left, right = grams(left), grams(right)
    return len(left & right) / len(left | right)


def document(rng: random.Random, length: int) -> list[str]:
    return [f"w{rng.randrange(1_000_000)}" for _ in range(length)]


def edited(rng: random.Random, tokens: list[str], edits: int) -> list[str]:
    """A copy with that many tokens replaced by others; each spoils up to five 5-grams."""
    copy = list(tokens)
    for place in rng.sample(range(len(copy)), edits):
        copy[place] = f"e{rng.randrange(1_000_000)}"
    return copy


def hashed(documents):
    """Documents of tokens as the program has them."""
    return [token_hashes(" ".join(tokens)) for tokens in documents]
