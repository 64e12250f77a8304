"""Tokens against the regular expression that defines them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.duplicates import code_tokens

ASCII = st.text(st.characters(max_codepoint=127))


@given(ASCII | st.text())
def test_tokens_are_the_matches_of_the_expression(text):
    assert code_tokens(text) == re.findall(r"\w+|[^\w\s]", text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \t\r\n\f\v\x1c\x1f", []),
        ("x_1+=2;", ["x_1", "+", "=", "2", ";"]),
        ("f(x) -> 'é'", ["f", "(", "x", ")", "-", ">", "'", "é", "'"]),
        ("a\x00b\x7fc", ["a", "\x00", "b", "\x7f", "c"]),
        ("naïve 名前=1\u3000", ["naïve", "名前", "=", "1"]),
        ("→x«é»…", ["→", "x", "«", "é", "»", "…"]),
    ],
)
def test_tokens_by_hand(text, tokens):
    assert code_tokens(text) == tokens
