"""Segments: whole lines, as many as fit; what a pair may be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.inputs.segments.cutting import Cutter
from codekiln.tokenizer import train_bpe

TOKENIZER = train_bpe(iter([]), 286)  # a token a byte
SIZE = 12


def pairs(text, size=SIZE):
    found = Cutter(TOKENIZER, size).pairs(TOKENIZER.encode(text))
    return [tuple(TOKENIZER.decode(part) for part in pair) for pair in found]


def test_a_segment_has_as_many_whole_lines_as_fit():
    text = "abcde\nfghi\nklmnop\nqr\ns\ntuvwxyz\n"
    assert pairs(text) == [("abcde\nfghi\n", "klmnop\nqr\ns\n")]
    assert pairs("".join(f"line {n}\n" for n in range(1, 9))) == [
        ("line 1\n", "line 2\n"),
        ("line 3\n", "line 4\n"),
        ("line 5\n", "line 6\n"),
        ("line 7\n", "line 8\n"),
    ]


def test_what_is_too_short_is_no_half():
    assert pairs("abcdefghij\nklmn\n") == []
    assert pairs("abcdefghij\nklmno\n") == [("abcdefghij\n", "klmno\n")]
    assert pairs("abcd\nklmnopqrst\n") == []  # the longer line did not fit behind the shorter one
    assert pairs("") == pairs("a") == []


def test_no_pair_meets_inside_a_line():
    assert pairs("x" * 40 + "\n") == []
    assert pairs("x" * 11 + "\n" + "y" * 30 + "\n") == [("x" * 11 + "\n", "y" * 12)]


@pytest.mark.parametrize("text", ["abcdefghij\r\nklmnopqrs\r\n", "abcdefghi\n\nklmnopqrs\n\n"])
def test_line_ends_of_other_kinds(text):
    assert "".join(pairs(text)[0]) == text


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab \n"), max_size=300), st.integers(2, 40))
def test_pairs_are_parts_of_the_text_in_their_order(text, size):
    place = 0
    for first, second in pairs(text, size):
        place = text.index(first + second, place) + len(first + second)
        assert size / 2 <= len(first) <= size
        assert size / 2 <= len(second) <= size
        assert first.endswith("\n")


def test_a_file_is_used_nearly_whole():
    generator = np.random.default_rng(0)
    text = "".join("x" * int(n) + "\n" for n in generator.integers(0, 10, 500))
    assert sum(len(a + b) for a, b in pairs(text, 40)) > 0.95 * len(text)
