"""Typing along: when an answer is asked for, how long it stands, and what it saves."""

import pytest

from codekiln.evaluate.replay.added import AddedLine
from codekiln.evaluate.replay.typist import Answer, keys, places, similarity, type_along


def line(text):
    return AddedLine("module.py", 1, text, "", "")


def typed(text, answers, withheld=()):
    """What is said of a line, and where it was asked for; `answers` are by the characters typed."""
    asked = []

    def ask(_, place):
        asked.append(place)
        return Answer(answers.get(place, ""), 1.0, place not in withheld)

    return type_along(line(text), ask), asked


def test_it_is_asked_at_the_start_and_behind_each_word():
    assert places("self.add(first, 2)") == [0, 4, 8, 14, 17]
    assert places("x") == [0]
    shown, asked = typed("self.add(first, 2)", {})
    assert asked == [one.typed for one in shown] == places("self.add(first, 2)")


def test_an_answer_stands_while_the_typed_text_agrees():
    shown, asked = typed("return first + second", {0: "return first + third", 14: "second"})
    assert asked == [0]
    assert [one.text for one in shown] == ["return first + third", " first + third", " + third"]


def test_another_is_asked_for_once_it_does_not():
    shown, asked = typed("a = one + two", {0: "a = three", 1: "never asked", 7: " + two"})
    assert asked == [0, 7]
    assert [one.text for one in shown] == ["a = three", " = three", " + two"]
    assert [one.answer is not None for one in shown] == [True, False, True]


def test_an_answer_that_is_used_up_is_replaced():
    shown, asked = typed("first second third", {0: "first", 5: " second", 12: " third"})
    assert asked == [0, 5, 12]
    assert [one.text for one in shown] == ["first", " second", " third"]


def test_blanks_at_an_answers_end_are_nothing():
    shown, _ = typed("a b", {0: "a b  "})
    assert shown[0].text == "a b"


@pytest.mark.parametrize(
    ("answers", "pressed", "written"),
    [
        ({}, 13, 0),  # nothing was shown, so nothing is read
        ({0: "a = one + two"}, 1, 13),
        ({0: "a = one"}, 1 + 6, 7),  # the rest is typed
        ({0: "a = one", 7: " + two"}, 2, 13),
        ({0: "a = three"}, 13 + 1, 0),  # read once, though it stood at two places
        ({0: "b", 1: "c", 7: " + two"}, 7 + 2 + 1, 6),
    ],
)
def test_keys_by_hand(answers, pressed, written):
    text = "a = one + two"
    shown, _ = typed(text, answers)
    assert keys(text, shown) == (pressed, written)


def test_what_is_not_offered_is_neither_read_nor_taken_and_asked_for_anew():
    text = "a = one + two"
    answers = {0: "a = three", 1: " = one", 7: " + two"}
    said, asked = typed(text, answers, withheld=(0, 7))
    assert asked == [0, 1, 7]
    assert [one.text for one in said] == ["a = three", " = one", " + two"]
    assert keys(text, said) == (1 + 1 + 6, 6)


def test_a_suggestion_inside_one_that_was_taken_costs_nothing():
    text = "alpha beta gamma"
    shown, _ = typed(text, {0: "alpha beta", 5: "never"})
    assert keys(text, shown) == (1 + 6, 10)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2), ("a", "a", 0)],
)
def test_similarity_is_levenshteins(one, other, edits):
    assert similarity(one, other) == pytest.approx(1 - edits / max(len(one), len(other)))
    assert similarity(other, one) == similarity(one, other)
