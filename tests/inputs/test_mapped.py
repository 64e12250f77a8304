"""What the system is told of mapped arrays. Damaged files are in `test_loader.py`."""

import mmap

import numpy as np
import pytest

from codekiln.inputs.mapped import expect_no_order, map_shard, read_soon, row_bytes

ROWS, IDS, HEADER = 100, 1025, 128

pytestmark = pytest.mark.skipif(
    not hasattr(mmap, "MADV_WILLNEED"), reason="this system takes no advice"
)


class Noted(mmap.mmap):
    """A map that remembers what it was told."""

    def madvise(self, option, start, length):
        super().madvise(option, start, length)  # which refuses what is no page of this map
        self.told = option, start, length


@pytest.fixture
def rows(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((ROWS, IDS), dtype=np.uint16))
    with (tmp_path / "a.npy").open("rb") as file:
        noted = Noted(file.fileno(), 0, access=mmap.ACCESS_READ)
    plain = map_shard(tmp_path / "a.npy")
    assert plain.offset == HEADER
    rows = np.ndarray.__new__(np.memmap, plain.shape, plain.dtype, noted, HEADER)
    rows.offset = plain.offset
    return rows


@pytest.mark.parametrize("places", [range(1), range(3, 34), range(99, 100), range(100)])
def test_rows_are_asked_for_by_their_pages(rows, places):
    read_soon(rows, places)
    option, start, length = rows.base.told
    assert option == mmap.MADV_WILLNEED
    first, stop = (HEADER + row_bytes(rows) * end for end in (places.start, places.stop))
    assert start % mmap.PAGESIZE == 0
    assert first - mmap.PAGESIZE < start <= first
    assert start + length == stop


def test_no_rows_are_not_asked_for(rows):
    read_soon(rows, range(5, 5))
    assert not hasattr(rows.base, "told")


def test_no_order_is_to_be_expected_of_all_rows(rows):
    expect_no_order(rows)
    assert rows.base.told == (mmap.MADV_RANDOM, 0, HEADER + ROWS * IDS * 2)
