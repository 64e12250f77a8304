"""Pieces like the given lines: BM25 by hand, whole lines, nothing twice."""

import math
from collections import Counter

import pytest

import codekiln.index.similar
from codekiln.index import Index, Origin
from codekiln.index.similar import Hit, similar
from fakes import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
BLOCK = 12
ONE = """import os


def first(path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    return text.splitlines()


def last(path):
    return first(path)[-1]
"""
OTHER = (
    "class Second:\n    def third(self, items):\n        return [item for item in items if item]\n"
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(codekiln.index.similar, "BLOCK", BLOCK)


def index_of(**documents):
    ids = [TOKENIZER.encode(text) for text in documents.values()]
    return Index.of(TOKENIZER, ids, [Origin("mine", f"{name}.py") for name in documents])


def by_hand(index, query):
    """The windows in their order, with plain counts over the shard's ids."""
    (shard,) = index.shards
    ids = shard.tokens.tolist()
    windows = [Counter(ids[n : n + 2 * BLOCK]) for n in range(0, len(ids), BLOCK)]
    words = {
        token
        for token in TOKENIZER.encode(query)
        if any(map(str.isalnum, TOKENIZER.decode([token])))
    }
    scores = [0.0] * len(windows)
    for word in words:
        having = sum(word in window for window in windows)
        weight = math.log(1 + (len(windows) - having + 0.5) / (having + 0.5))
        for n, window in enumerate(windows):
            scores[n] += weight * window[word] * 2.2 / (window[word] + 1.2)
    return sorted((n for n, score in enumerate(scores) if score), key=lambda n: (-scores[n], n))


def test_the_order_is_that_of_bm25_and_no_window_overlaps_a_better_one(monkeypatch):
    monkeypatch.setattr(
        codekiln.index.similar, "_behind", lambda _index, _shard, window: Hit(str(window), "text")
    )
    index = index_of(one=ONE, other=OTHER, more=OTHER + ONE)
    query = "def first(path):\n    with open(path, encoding='utf-8') as file:\n"
    expected: list[int] = []
    for window in by_hand(index, query):
        if all(abs(window - better) > 1 for better in expected):
            expected.append(window)
    found = [int(hit.path) for hit in similar(index, query)]
    assert len(found) > 3
    assert found == expected[: len(found)]


def test_whole_lines_behind_what_is_alike(monkeypatch):
    monkeypatch.setattr(codekiln.index.similar, "BLOCK", 2 * BLOCK)
    long = "".join(f"def number_{n}(given):\n    return given + {n}\n\n\n" for n in range(40))
    text = long + ONE + long
    best = next(similar(index_of(one=text, other=OTHER), "".join(ONE.splitlines(True)[:6])))
    assert best.path == "one.py"
    start = text.index(best.text)
    assert len(long) < start < len(long + ONE)
    assert f"\n{best.text}" in text
    assert best.text.endswith("\n")


def test_a_document_that_was_taken_away_is_never_shown():
    index = index_of(one=ONE, two=ONE)
    query = "    with open(path, encoding='utf-8') as file:\n"
    assert {hit.path for hit in similar(index, query)} == {"one.py", "two.py"}
    index.shards[0].delete(0)
    assert {hit.path for hit in similar(index, query)} == {"two.py"}


def test_nothing_in_common():
    assert not list(similar(index_of(one=ONE), "%%% (( && ||"))
    assert not list(similar(index_of(one=ONE), ""))
    assert not list(similar(Index(TOKENIZER, []), ONE))
