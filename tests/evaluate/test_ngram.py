"""The n-gram model against the formula, written out with dictionaries."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.errors import CorpusError
from codekiln.evaluate.ngram import NgramModel
from codekiln.telemetry import Event, listening

V, START = 6, 5
corpora = st.lists(st.lists(st.integers(0, V - 1), max_size=25), min_size=1, max_size=6)
nonempty = corpora.filter(lambda documents: any(documents))


class Reference:
    """Chen and Goodman's equations as they stand: one dictionary per order, one token at a time."""

    def __init__(self, documents, vocabulary, order, start):
        self.vocabulary, self.order, self.start = vocabulary, order, start
        self.counts = [defaultdict(int) for _ in range(order + 1)]
        lefts = [defaultdict(set) for _ in range(order + 1)]
        for document in documents:
            padded = [start] * (order - 1) + list(document)
            for end in range(order, len(padded) + 1):
                self.counts[order][tuple(padded[end - order : end])] += 1
                for k in range(1, order):
                    lefts[k][tuple(padded[end - k : end])].add(padded[end - k - 1])
        for k in range(1, order):
            self.counts[k] = {gram: len(left) for gram, left in lefts[k].items()}
        self.discounts = [0.0] + [self.discount(list(c.values())) for c in self.counts[1:]]

    @staticmethod
    def discount(counts):
        once, twice = counts.count(1), counts.count(2)
        return once / (once + 2 * twice) if once else 0.5

    def p(self, token, context):
        k = len(context) + 1
        lower = self.p(token, context[1:]) if k > 1 else 1 / self.vocabulary
        after = [self.counts[k].get((*context, v), 0) for v in range(self.vocabulary)]
        if not sum(after):
            return lower
        seen = sum(count > 0 for count in after)
        share = max(after[token] - self.discounts[k], 0) / sum(after)
        return share + self.discounts[k] * seen / sum(after) * lower

    def bits(self, document):
        padded = [self.start] * (self.order - 1) + list(document)
        return [
            -math.log2(self.p(padded[end], tuple(padded[end - self.order + 1 : end])))
            for end in range(self.order - 1, len(padded))
        ]


def arrays(documents):
    return [np.array(document, dtype=np.int32) for document in documents]


@settings(max_examples=150, deadline=None)
@given(nonempty, st.lists(st.integers(0, V - 1), max_size=25), st.integers(1, 5))
def test_bits_are_those_of_the_formula(documents, held_out, order):
    model = NgramModel.fit(arrays(documents), V, order, start=START)
    reference = Reference(documents, V, order, START)
    for document in [*documents, held_out]:
        bits = model.bits(np.array(document, dtype=np.int32))
        np.testing.assert_allclose(bits, reference.bits(document), rtol=0, atol=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_a_larger_skewed_corpus_agrees_too(order):
    random = np.random.default_rng(order)
    documents = [np.minimum(random.zipf(1.5, size), 40) - 1 for size in (300, 0, 1, 200)]
    model = NgramModel.fit(documents, 41, order, start=40)
    reference = Reference([document.tolist() for document in documents], 41, order, 40)
    assert [level.discount for level in model.levels] == pytest.approx(reference.discounts[1:])
    held_out = np.minimum(random.zipf(1.5, 100), 40) - 1
    expected = reference.bits(held_out.tolist())
    np.testing.assert_allclose(model.bits(held_out), expected, rtol=0, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(nonempty, st.lists(st.integers(0, V - 1), max_size=6), st.integers(1, 5))
def test_probabilities_sum_to_one_after_any_context(documents, context, order):
    model = NgramModel.fit(arrays(documents), V, order, start=START)
    p = [2 ** -model.bits(np.array([*context, token]))[-1] for token in range(V)]
    assert min(p) > 0
    assert sum(p) == pytest.approx(1, abs=1e-12)


def test_probabilities_sum_to_one_after_a_context_never_seen():
    model = NgramModel.fit([np.array([0, 1, 0, 2, 1, 1])], V, 3, start=START)
    p = [2 ** -model.bits(np.array([3, 4, token]))[-1] for token in range(V)]
    assert min(p) > 0
    assert sum(p) == pytest.approx(1, abs=1e-12)


def test_everything_seen_twice_still_leaves_something_for_the_unseen():
    model = NgramModel.fit([np.array([0, 0, 1, 1])], 4, 1, start=3)  # n1 = 0
    assert (16 * 2.0 ** -model.bits(np.arange(4))).tolist() == pytest.approx([7, 7, 1, 1])


def test_a_memorised_sequence_is_cheap_and_a_shuffled_one_is_not():
    sequence = np.random.default_rng(0).permutation(200)
    model = NgramModel.fit([sequence] * 20, 256, start=255)
    assert model.order == 5
    assert model.bits(sequence).mean() < 0.1
    assert model.bits(sequence[::-1].copy()).mean() > 6


def test_a_document_may_be_empty_and_of_any_integer_type():
    model = NgramModel.fit([np.array([1, 2, 3], dtype=np.uint16)], V, 3, start=START)
    assert model.bits(np.array([], dtype=np.int64)).shape == (0,)
    same = [model.bits(np.array([1, 2], dtype=dtype)).tolist() for dtype in (np.uint16, np.int64)]
    assert same[0] == same[1]


@pytest.mark.parametrize("documents", [[], [np.array([], dtype=np.int64)]])
def test_nothing_to_count_is_the_corpus_to_blame(documents):
    with pytest.raises(CorpusError, match="no token"):
        NgramModel.fit(documents, V, start=START)


@pytest.mark.parametrize(
    "document", [np.array([0, V]), np.array([-1]), np.array([[0, 1]]), np.array([0.5])]
)
def test_what_is_no_document_is_refused(document):
    model = NgramModel.fit([np.array([0, V - 1])], V, start=START)
    with pytest.raises(ValueError, match=r"token ids|1-D array"):
        model.bits(document)
    with pytest.raises(ValueError, match=r"token ids|1-D array"):
        NgramModel.fit([document], V, start=START)


@pytest.mark.parametrize(("order", "start"), [(0, START), (2, V), (2, -1)])
def test_an_order_below_one_and_a_start_outside_the_vocabulary_are_refused(order, start):
    with pytest.raises(ValueError, match=r"below 1|token ids"):
        NgramModel.fit([np.array([0])], V, order, start=start)


def test_fitting_reports_each_order():
    events: list[Event] = []
    with listening(events.append):
        NgramModel.fit([np.array([0, 1])], V, 3, start=START)
    assert [event.done for event in events] == [0, 1, 2, 3, 3]
    assert events[-1].finished
