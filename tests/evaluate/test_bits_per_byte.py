"""Bits of a text against their definition, one token at a time."""

import math
import zlib

import numpy as np
import pytest

from codekiln.evaluate import bits_per_byte as module
from codekiln.evaluate import log_likelihood, token_bits
from fakes import FakeEngine

V = 11
HEADER = [0, 7, 3]


def after(row, _prompt=0):
    """Logits that depend on everything in the cache."""
    seed = zlib.crc32(np.asarray(row, dtype=np.int64).tobytes())
    return np.random.default_rng(seed).normal(scale=3, size=V).astype(np.float32)


def log_p(logits, target) -> float:
    numbers = [float(x) for x in logits]
    highest = max(numbers)
    return numbers[target] - highest - math.log(math.fsum(math.exp(x - highest) for x in numbers))


def window_starts(length: int, size: int) -> list[int]:
    """Windows overlap by half; the last one ends where the text does."""
    starts, start = [], 0
    while start + size < length:
        starts.append(start)
        start += max(1, size // 2)
    return [*starts, length - size]


def reference(ids, header, context):
    """Each token behind the header and what the first window that holds it shows of the text."""
    size = min(context - len(header), len(ids))
    starts = window_starts(len(ids), size)
    bits, seen = [], []
    for place, token in enumerate(ids):
        start = next(start for start in starts if start <= place < start + size)
        bits.append(-log_p(after([*header, *ids[start:place]]), token) / math.log(2))
        seen.append(place - start)
    return bits, seen


@pytest.mark.parametrize("header", [HEADER, [0]])
@pytest.mark.parametrize("context", [8, 16, 17])
def test_bits_are_those_of_the_definition(header, context):
    size = context - len(header)
    ids = np.random.default_rng(context).integers(0, V, 200).tolist()
    for length in (1, 2, size - 1, size, size + 1, 2 * size, 2 * size + 1, 5 * size + 3, 200):
        engine = FakeEngine(after, V, context)
        bits = token_bits(engine, header, ids[:length])
        expected, seen = reference(ids[:length], header, context)
        np.testing.assert_allclose(bits, expected, rtol=0, atol=1e-4)
        assert bits.dtype == np.float64
        assert all(shown >= size // 2 for shown in seen[size:])


def test_a_text_that_fits_is_read_at_once_and_whole():
    ids = np.random.default_rng(0).integers(0, V, 13).tolist()
    engine = FakeEngine(after, V, context=16)
    bits = token_bits(engine, HEADER, ids)
    expected = [-log_p(after(HEADER + ids[:n]), ids[n]) / math.log(2) for n in range(13)]
    np.testing.assert_allclose(bits, expected, rtol=0, atol=1e-4)
    assert engine.prefills == 1


def test_the_number_of_windows_read_at_once_changes_nothing(monkeypatch):
    ids = np.random.default_rng(1).integers(0, V, 150).tolist()
    found = []
    for batch in (1, 3, 8, 1000):
        monkeypatch.setattr(module, "BATCH", batch)
        found.append(token_bits(FakeEngine(after, V, 12), HEADER, ids))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_a_window_of_one_token_is_possible():
    ids = [3, 1, 4, 1, 5]
    bits = token_bits(FakeEngine(after, V, len(HEADER) + 1), HEADER, ids)
    expected = [-log_p(after(HEADER), token) / math.log(2) for token in ids]
    np.testing.assert_allclose(bits, expected, rtol=0, atol=1e-4)


def test_an_engine_that_knows_nothing_pays_the_same_for_every_token():
    engine = FakeEngine(lambda row, _: np.zeros(8, dtype=np.float32), 8, context=10)
    np.testing.assert_allclose(token_bits(engine, [0], [1, 2, 3] * 20), 3.0, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_likelihood_is_that_of_the_formula(dtype):
    generator = np.random.default_rng(2)
    logits = (generator.normal(size=(3, 5, 50)) * 8).astype(dtype)
    targets = generator.integers(0, 50, (3, 5))
    found = log_likelihood(logits, targets)
    assert found.shape == (3, 5)
    assert found.dtype == np.float64
    expected = [[log_p(logits[a, b], int(targets[a, b])) for b in range(5)] for a in range(3)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 if dtype == np.float32 else 1e-12)


def test_log_likelihood_stands_large_logits():
    logits = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]])
    np.testing.assert_allclose(log_likelihood(logits, [0, 2]), [0.0, -math.log(3)], atol=1e-12)
    assert log_likelihood(logits[:1], [1]).tolist() == [-1e4]
    certain = np.array([[0.0, -np.inf]])
    assert log_likelihood(certain, [0]).tolist() == [0.0]
    assert log_likelihood(certain, [1]).tolist() == [-math.inf]


def test_probabilities_of_all_targets_sum_to_one():
    logits = np.random.default_rng(3).normal(size=20) * 5
    p = np.exp(log_likelihood(np.tile(logits, (20, 1)), np.arange(20)))
    assert p.sum() == pytest.approx(1, abs=1e-12)


def test_a_shorter_context_may_be_asked_for_and_no_longer_one():
    ids = np.random.default_rng(4).integers(0, V, 60).tolist()
    expected, _ = reference(ids, HEADER, 12)
    found = token_bits(FakeEngine(after, V, 40), HEADER, ids, context=12)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    longer = token_bits(FakeEngine(after, V, 12), HEADER, ids, context=99)
    np.testing.assert_array_equal(found, longer)


def test_few_logits_are_held_at_once(monkeypatch):
    monkeypatch.setattr(module, "LOGITS", 3 * 9 * V)
    ids = np.random.default_rng(5).integers(0, V, 150).tolist()
    engine, sizes = FakeEngine(after, V, 12), []
    prefill = engine.prefill

    def counted(windows):
        sizes.append(len(windows))
        return prefill(windows)

    monkeypatch.setattr(engine, "prefill", counted)
    found = token_bits(engine, HEADER, ids)
    assert max(sizes) == 3
    monkeypatch.undo()
    np.testing.assert_array_equal(found, token_bits(FakeEngine(after, V, 12), HEADER, ids))
