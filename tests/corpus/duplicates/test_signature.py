"""Signatures against brute force over sets of 5-grams."""

import random

import numpy as np
import pytest

from codekiln.corpus.duplicates import HASHES, signatures
from corpus.duplicates.likeness import document, edited, hashed, jaccard


@pytest.mark.parametrize("length", [12, 60, 200, 2000])
def test_the_share_of_equal_hashes_is_the_likeness_without_bias(length):
    rng = random.Random(length)
    left = [document(rng, length) for _ in range(300)]
    right = [edited(rng, tokens, rng.randint(1, max(1, length // 10))) for tokens in left]
    truth = np.array(list(map(jaccard, left, right)))
    shares = (signatures(hashed(left)) == signatures(hashed(right))).mean(axis=1)
    scores = (shares - truth) / np.sqrt(truth * (1 - truth) / HASHES)
    assert abs(scores.mean()) < 4 / np.sqrt(len(scores))
    assert scores.std() < 1.15  # that of as many independent hashes, or less


def test_likeness_counts_each_gram_once():
    rng = random.Random(2)
    tokens = document(rng, 40)
    repeated = [tokens + tokens[:4], tokens * 30 + tokens[:4], ["0", ","] * 5, ["0", ","] * 9000]
    rows = signatures(hashed(repeated))
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[2], rows[3])
    assert not np.array_equal(rows[0], rows[2])


def test_a_signature_depends_on_nothing_but_its_document():
    rng = random.Random(1)
    documents = [document(rng, length) for length in (3, 50, 700, 50, 0)]
    together = signatures(hashed(documents))
    for tokens, row in zip(documents, together, strict=True):
        assert np.array_equal(signatures(hashed([tokens]))[0], row)


def test_signatures_of_a_source_read_last_year_are_those_of_today():
    """Sketches are kept while versions of Python and numpy come and go."""
    row = signatures(hashed([["def", "a_name_of_many_letters", "(", ")", ":", "return", "é"]]))[0]
    assert row[[0, 1, 2, 251]].tolist() == [843598273, 373784913, 3358018133, 2352800718]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_short_documents_are_like_their_equals_alone(length):
    rng = random.Random(length)
    documents = [document(rng, length) for _ in range(50)]
    rows = signatures(hashed([*documents, *documents]))
    assert np.array_equal(rows[:50], rows[50:])
    shared = (rows[:50, None] == rows[None, :50]).mean(axis=2)
    assert shared[~np.eye(50, dtype=bool)].max() < 0.05


def test_short_documents_that_begin_alike_are_not_alike():
    rows = signatures(hashed([["x", "=", "1"], ["x", "=", "1", ";"], ["x", "="]]))
    assert np.count_nonzero(rows[0] == rows[1]) == 0
    assert np.count_nonzero(rows[0] == rows[2]) == 0


def test_no_documents_have_no_signatures():
    assert signatures([]).shape == (0, HASHES)
    assert signatures(hashed([[]])).shape == (1, HASHES)


def test_short_documents_in_one_batch_with_long_ones_are_filled():
    rng = random.Random(3)
    rows = signatures(hashed([document(rng, length) for length in (0, 1, 6, 40, 900)]))
    assert all(len(np.unique(row)) > HASHES // 2 for row in rows)
