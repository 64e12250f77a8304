"""Sketches on disk against the arrays they were written from."""

import numpy as np
import pytest

from codekiln.corpus.duplicates import HASHES, Sketches
from codekiln.corpus.duplicates.bands import BANDS, band_keys


@pytest.fixture
def rows():
    """Hashes of few values, so that documents share some."""
    return np.random.default_rng(0).integers(0, 9, (40, HASHES), dtype=np.uint32)


@pytest.mark.parametrize("sizes", [(40,), (1, 39), (0, 13, 0, 0, 20, 7, 0)])
def test_keys_and_matches_are_those_of_the_signatures(sketch, rows, sizes):
    sketches = sketch(rows, *sizes)
    assert len(sketches) == 40
    for band in range(BANDS):
        assert np.array_equal(sketches.keys(band), band_keys(rows)[band])
    left, right = np.random.default_rng(1).integers(0, 40, (2, 100))
    expected = [sum(rows[i] == rows[j]) for i, j in zip(left, right, strict=True)]
    assert sketches.matches(left, right).tolist() == expected


def test_a_file_holds_two_arrays_that_numpy_reads(sketch, rows, tmp_path):
    sketch(rows)
    with (tmp_path / "sketches-00000.npy").open("rb") as file:
        assert np.array_equal(np.load(file), band_keys(rows))
        assert np.array_equal(np.load(file), rows)
        assert not file.read()


def test_nothing_can_be_sketched(sketch, rows):
    nothing = np.empty(0, np.int64)
    for sketches in (Sketches([]), sketch(rows[:0])):
        assert len(sketches) == 0
        assert len(sketches.keys(0)) == 0
        assert len(sketches.matches(nothing, nothing)) == 0
