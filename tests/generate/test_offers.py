"""When an answer is shown: by what it saves and costs on average."""

import math

import pytest

from codekiln.generate.offers import READING, is_worth_showing


@pytest.mark.parametrize("characters", [2, 6, 40])
def test_it_is_shown_from_where_it_pays_by_hand(characters):
    # p · (n − 1) = (1 − p) · READING at p = READING / (n − 1 + READING)
    even = READING / (characters - 1 + READING)
    text = "x" * characters
    assert is_worth_showing(text, [math.log(even * 1.01)])
    assert not is_worth_showing(text, [math.log(even * 0.99)])
    halves = [math.log(even * 1.01) / 2] * 2  # of two tokens
    assert is_worth_showing(text, halves)


def test_a_single_sign_saves_nothing():
    assert not is_worth_showing("x", [0.0])
    assert not is_worth_showing("", [])


def test_without_probabilities_it_is_shown():
    assert is_worth_showing("return", ())
