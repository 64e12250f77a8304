"""Keys of bands against their definition in plain integers."""

import numpy as np
import pytest

from codekiln.corpus.duplicates.bands import _FACTORS, BANDS, ROWS, band_keys
from codekiln.corpus.duplicates.signature import HASHES


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.integers(0, 2**32, (200, HASHES), dtype=np.uint32)


def test_a_key_is_the_sum_of_products_modulo_two_to_the_64(rows):
    keys = band_keys(rows)
    assert keys.shape == (BANDS, len(rows))
    for document, band in [(0, 0), (7, 3), (199, BANDS - 1)]:
        hashes = rows[document, band * ROWS : (band + 1) * ROWS].tolist()
        total = sum(h * f for h, f in zip(hashes, _FACTORS.tolist(), strict=True))
        assert int(keys[band, document]) == total % 2**64


def test_keys_are_equal_where_bands_are_and_nowhere_else(rows):
    other = rows.copy()
    places = np.arange(len(rows)) * 13 % HASHES
    other[np.arange(len(rows)), places] ^= np.uint32(1)
    differ = band_keys(rows) != band_keys(other)
    assert differ.sum() == len(rows)
    assert differ[places // ROWS, np.arange(len(rows))].all()


def test_different_bands_differ_in_their_upper_bits(rows):
    """Clustering puts documents' numbers into the lower ones."""
    close = rows[:1] + np.arange(200, dtype=np.uint32)[:, None]
    for some in (rows, close):
        upper = band_keys(some)[0] >> np.uint64(40)
        assert len(np.unique(upper)) >= len(some) - 1


def test_no_documents_have_no_keys():
    assert band_keys(np.empty((0, HASHES), np.uint32)).shape == (BANDS, 0)
