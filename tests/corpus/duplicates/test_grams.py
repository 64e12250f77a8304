"""Numbers of 5-grams against the tuples they stand for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.duplicates.grams import NGRAM, grams
from corpus.duplicates.likeness import grams as tuples
from corpus.duplicates.likeness import hashed

LONG = "x" * 8
tokens = st.sampled_from(
    ["a", "b", "(", "\0", "é", "→", LONG, LONG + "y", LONG * 3 + "a", LONG * 3 + "b"]
)
documents = st.lists(st.lists(tokens | st.text("abcé_0", min_size=1), max_size=12), max_size=5)


@given(documents)
def test_numbers_are_equal_where_grams_are_and_nowhere_else(documents):
    numbers, counts = grams(hashed(documents))
    assert counts.tolist() == [max(1, len(document) - NGRAM + 1) for document in documents]
    meanings, ends = {}, np.cumsum(counts)
    for document, end, count in zip(documents, ends, counts, strict=True):
        known = dict.fromkeys(tuple(document[i : i + NGRAM]) for i in range(count))
        assert set(known) == tuples(document)
        for place, number in enumerate(numbers[end - count : end].tolist()):
            meaning = tuple(document[place : place + NGRAM])
            assert meanings.setdefault(number, meaning) == meaning
    assert len(meanings) == len(set(meanings.values()))


def test_the_order_of_tokens_and_the_end_of_a_document_matter():
    one, other = [*"abcdef"], [*"bacdef"]
    numbers, _ = grams(hashed([one, other, one[:5], one[:4], [*one[:4], "a"]]))
    assert len(np.unique(numbers)) == 2 + 2 + 0 + 1 + 1
    numbers, counts = grams(hashed([[*"abc"], [*"def"], [*"abcdef"]]))
    assert counts.tolist() == [1, 1, 2]
    assert len(np.unique(numbers)) == 4
