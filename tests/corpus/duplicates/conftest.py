"""Sketches of documents, on disk in shards."""

import itertools
from collections.abc import Callable

import pytest

from codekiln.corpus.duplicates import Sketches, write_sketches


@pytest.fixture
def sketch(tmp_path) -> Callable[..., Sketches]:
    """Write signatures in shards of the given sizes, and open them."""
    numbers = itertools.count()

    def write(signatures, *sizes: int) -> Sketches:
        ends = list(itertools.accumulate(sizes or (len(signatures),)))
        assert ends[-1] == len(signatures)
        paths = []
        for start, end in itertools.pairwise([0, *ends]):
            paths.append(tmp_path / f"sketches-{next(numbers):05d}.npy")
            write_sketches(paths[-1], signatures[start:end])
        return Sketches(paths)

    return write
