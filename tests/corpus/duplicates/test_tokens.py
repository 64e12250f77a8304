"""Hashes of tokens against the regular expression that defines tokens, and a slow reading of the hash."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.duplicates import token_hashes
from codekiln.corpus.duplicates.tokens import BASE, mix

ASCII = st.text(st.characters(max_codepoint=127))
ODD, ALL = 0xD6E8FEB86659FD93, 2**64 - 1


def mixed(number):
    for _ in range(2):
        number ^= number >> 32
        number = number * ODD & ALL
    return number ^ number >> 32


def slow_hash(token):
    """Horner's rule from the last byte on; the first has the first power of the base."""
    number = 0
    for octet in reversed(token.encode()):
        number = (number + octet) * BASE & ALL
    return mixed(number + len(token.encode()) & ALL)


def slow(text):
    return [slow_hash(token) for token in re.findall(r"\w+|[^\w\s]", text)]


@given(ASCII | st.text())
def test_tokens_are_the_matches_of_the_expression(text):
    assert token_hashes(text).tolist() == slow(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \t\r\n\f\v\x1c\x1f", []),
        ("x_1+=2;", ["x_1", "+", "=", "2", ";"]),
        ("f(x) -> 'é'", ["f", "(", "x", ")", "-", ">", "'", "é", "'"]),
        ("a\x00b\x7fc", ["a", "\x00", "b", "\x7f", "c"]),
        ("naïve 名前=1\u3000x\u2028y", ["naïve", "名前", "=", "1", "x", "y"]),
        ("→x«é»…", ["→", "x", "«", "é", "»", "…"]),
        ("a_name_of_24_characters_ and_one_that_is_longer_than_24", None),
    ],
)
def test_tokens_by_hand(text, tokens):
    tokens = text.split() if tokens is None else tokens
    assert token_hashes(text).tolist() == [slow_hash(token) for token in tokens]


def test_mixing_is_one_to_one_and_spreads_every_bit():
    numbers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    base = mix(np.zeros(1, np.uint64) + np.uint64(12345))
    changed = mix(numbers ^ np.uint64(12345)) ^ base
    assert len(np.unique(changed)) == 64
    flipped = np.bitwise_count(changed)
    assert flipped.min() > 16
    assert flipped.max() < 48
