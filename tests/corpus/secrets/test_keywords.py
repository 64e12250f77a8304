"""Many words as one pattern: beside a search for each of them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.secrets.keywords import every_match, prefix_tree

WORDS = st.lists(st.text("ab-$.", min_size=1, max_size=4), min_size=1, max_size=8)


@given(WORDS, st.text("ab-$.x", max_size=30))
def test_at_every_place_the_longest_word_is_found(words: list[str], text: str) -> None:
    expected = []
    for place in range(len(text)):
        here = [word for word in words if text.startswith(word, place)]
        expected += [max(here, key=len)] if here else []
    assert list(every_match(re.compile(prefix_tree(words)), text)) == expected


@given(WORDS)
def test_the_order_of_the_words_does_not_matter(words: list[str]) -> None:
    assert prefix_tree(words) == prefix_tree(reversed([*words, *words]))


def test_no_words_make_no_pattern() -> None:
    assert prefix_tree([]) == prefix_tree([""]) == ""
