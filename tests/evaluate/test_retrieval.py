"""Search beside formulas written out: BM25 word by word, ranks by sorting, thresholds by trying all."""

import math
from random import Random

import numpy as np
import pytest

from codekiln.evaluate.bm25 import Bm25
from codekiln.evaluate.overlap import best_threshold, overlap
from codekiln.evaluate.retrieval import by_chance, distinct, fused, reciprocal_ranks
from codekiln.evaluate.words import words

TEXTS = [text.split() for text in ("a b c a", "b b b b b b", "c", "d a d", "")]


def by_hand(query, place):
    """Robertson & Zaragoza 2009, eq. 3.15 with k1 = 1.2 and b = 0.75, and Lucene's idf."""
    text, mean = TEXTS[place], sum(map(len, TEXTS)) / len(TEXTS)
    total = 0.0
    for word in query:
        n = sum(word in other for other in TEXTS)
        f = text.count(word)
        idf = math.log(1 + (len(TEXTS) - n + 0.5) / (n + 0.5))
        total += idf * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * len(text) / mean))
    return total


@pytest.mark.parametrize("query", ["a", "b c", "d d a", "z", "z a", ""])
def test_bm25_is_the_formula(query):
    found = Bm25(TEXTS).scores(query.split())
    assert found == pytest.approx([by_hand(query.split(), place) for place in range(len(TEXTS))])


def test_bm25_finds_by_the_parts_of_names():
    functions = [
        "def readFile(path): open",
        "def write_file(path, text): open",
        "class HTTPServer: pass",
    ]
    search = Bm25([words(text) for text in functions])
    for query, best in (("to read a file", 0), ("text to write", 1), ("the http server", 2)):
        assert search.scores(words(query)).argmax() == best


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getItem2_of XMLHttpRequest", "get item 2 of xml http request"),
        ("__init__ SCREAMING_CASE aB", "init screaming case a b"),
        ("größeÄndern 日本 x1y", "größeändern 日本 x 1 y"),
        ("a.b(c)\t\n", "a b c"),
        ("", ""),
    ],
)
def test_words(text, expected):
    assert words(text) == expected.split()


def test_ranks_are_places_in_the_sorted_order():
    generator = np.random.default_rng(0)
    scores = generator.permutation(50 * 50).reshape(50, 50)
    expected = [
        1 / (1 + sorted(row.tolist(), reverse=True).index(row[place]))
        for place, row in enumerate(scores)
    ]
    assert reciprocal_ranks(scores).tolist() == expected


def test_among_equals_the_right_one_has_the_middle_place():
    """A baseline that says nothing is not taken for one that is right."""
    assert reciprocal_ranks(np.zeros((5, 5))).tolist() == [1 / 3] * 5


def test_chance_is_the_mean_over_random_orders():
    random, size = Random(0), 21
    ranks = [1 / (1 + random.randrange(size)) for _ in range(100_000)]
    assert by_chance(size) == pytest.approx(sum(ranks) / len(ranks), rel=0.02)
    assert by_chance(1001) == pytest.approx(0.00748, abs=1e-5)


def test_a_pool_has_no_name_and_no_description_twice():
    keys = [("reads it", 1), ("reads it", 2), ("writes it", 1), ("writes it", 3), ("opens it", 4)]
    assert list(distinct(keys, [0, 1, 2, 3, 4])) == [0, 3, 4]
    assert list(distinct(keys, [4, 2, 1])) == [4, 2, 1]
    assert list(distinct(keys, [])) == []


def test_overlap_counts_distinct_words():
    assert overlap(["a", "a", "b"], ["b", "c"]) == pytest.approx(1 / 3)
    assert overlap([], []) == 0
    assert overlap(["a"], ["a", "a"]) == 1


def test_the_threshold_is_the_best_of_all():
    generator = np.random.default_rng(0)
    for _ in range(200):
        clues = generator.integers(0, 6, 12).astype(float)
        labels = generator.random(12) < generator.random()
        found = best_threshold(clues, labels)
        best = max(((clues > t) == labels).sum() for t in [-1, *clues])
        assert ((clues > found) == labels).sum() == best


def test_two_rankings_count_alike_once_fused():
    scores = np.random.default_rng(0).random((2, 5, 5))
    found = fused(*scores)
    for query in range(5):
        for function in range(5):
            ranks = [
                1 + (scores[way, query] > scores[way, query, function]).sum() for way in (0, 1)
            ]
            expected = sum(1 / (60 + rank) for rank in ranks)
            assert found[query, function] == pytest.approx(expected)
