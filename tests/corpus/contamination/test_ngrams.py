"""The index against sets of tuples."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.contamination.ngrams import N, NgramIndex
from codekiln.corpus.duplicates import token_hashes

WORDS = st.lists(st.sampled_from(["a", "b", "(", "="]), max_size=40)


def ngrams(tokens):
    return {tuple(tokens[i : i + N]) for i in range(len(tokens) - N + 1)}


def hashed(tokens):
    return token_hashes(" ".join(tokens))


def indexed(texts):
    return NgramIndex.of([hashed(text) for text in texts])


def reference(texts, tokens):
    """By text, the share of its n-grams among `tokens`, where there is one."""
    shares = {}
    for place, text in enumerate(texts):
        common = ngrams(text) & ngrams(tokens)
        if common:
            shares[place] = len(common) / len(ngrams(text))
    return shares


@given(st.lists(WORDS, max_size=5), WORDS, st.data())
def test_shares_are_those_of_sets(texts, tokens, data):
    pasted = data.draw(st.sampled_from([[], *texts]))
    tokens = [*tokens, "unknown", *pasted, "b"]
    index = indexed(texts)
    assert index.shares(hashed(tokens)) == reference(texts, tokens)
    assert pickle.loads(pickle.dumps(index)).shares(hashed(tokens)) == reference(texts, tokens)  # noqa: S301


def test_so_they_are_for_many_texts_of_many_words():
    generator = np.random.default_rng(0)
    words = np.array([f"w{n}" for n in range(5000)])
    texts = [list(generator.choice(words, size)) for size in generator.integers(8, 400, 300)]
    index = indexed(texts)
    for _ in range(20):
        tokens = list(generator.choice(words, 1000))
        for start, text in zip(range(0, 1000, 100), generator.permutation(300)[:10], strict=True):
            tokens[start : start + 50] = texts[text][:50]
        assert len(index.shares(hashed(tokens))) >= 9
        assert index.shares(hashed(tokens)) == reference(texts, tokens)


def test_nothing_is_in_nothing():
    assert indexed([]).shares(hashed(["a"] * 20)) == {}
    assert indexed([["a"] * 20]).shares(hashed([])) == {}
    assert indexed([["a"] * (N - 1)]).shares(hashed(["a"] * 20)) == {}
    assert indexed([["a"] * N]).shares(hashed(["a"] * 20)) == {0: 1.0}
