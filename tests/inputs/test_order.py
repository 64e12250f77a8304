"""The order of rows: each once an epoch, from any position, from everywhere, and in stretches on disk."""

import numpy as np
import pytest

from codekiln.inputs.order import WINDOW, Order

ROWS, BLOCK, BATCH = 100_003, 31, 64


def epoch(order, number, seed=0):
    return order.places(np.arange(number * order.rows, (number + 1) * order.rows), seed)


@pytest.mark.parametrize("block", [1, 2, 31, 5000])
@pytest.mark.parametrize("rows", [1, 2, 30, 31, 62, 511, 512, 513, WINDOW * 31 + 1, 20_011])
def test_every_epoch_has_each_row_once(rows, block):
    order = Order(rows, block)
    for number in range(3):
        assert np.array_equal(np.sort(epoch(order, number)), np.arange(rows))


def test_a_part_is_the_part_of_the_whole():
    whole = Order(20_011, 7).places(np.arange(3 * 20_011), 5)
    for start in (0, 1791, 1792, 20_000, 39_000):
        part = Order(20_011, 7).places(np.arange(start, start + 100), 5)
        assert np.array_equal(part, whole[start : start + 100])
    far = 10**9 * 20_011  # epochs
    assert np.array_equal(
        np.sort(Order(20_011, 7).places(far + np.arange(20_011), 5)), np.arange(20_011)
    )


def test_each_epoch_and_each_seed_has_an_order_of_its_own():
    order = Order(20_011, 7)
    orders = [epoch(order, number, seed) for seed in range(3) for number in range(3)]
    for place, one in enumerate(orders):
        for other in orders[:place]:
            assert (one == other).sum() < 12  # 1 is to be expected


def test_windows_are_nearly_equal():
    """One row more than a window holds must not leave that row by itself."""
    for rows in (WINDOW * BLOCK, WINDOW * BLOCK + 1, 3 * WINDOW * BLOCK - 1, ROWS):
        order = Order(rows, BLOCK)
        sizes = np.unique(order.window(np.arange(4 * rows)), return_counts=True)[1]
        assert len(sizes) == 4 * order._windows
        assert sizes.max() <= WINDOW * BLOCK
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("rows", [4096, WINDOW * BLOCK])
def test_what_fits_a_window_is_as_good_as_shuffled(rows):
    found, slack = epoch(Order(rows, BLOCK), 1), 4.5 / rows**0.5
    assert abs(np.corrcoef(np.arange(rows), found)[0, 1]) < slack
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < slack
    assert (np.abs(np.diff(found)) == 1).sum() < 15  # 2 are to be expected


@pytest.mark.parametrize("block", [1, 3, 100])
def test_few_rows_are_each_as_likely_anywhere(block):
    """Chi-squared with 9 degrees of freedom stays below 33.7 but once in 10,000."""
    counts = np.zeros((10, 10))
    for number in range(2000):
        counts[np.arange(10), epoch(Order(10, block), number)] += 1
    assert ((counts - 200) ** 2 / 200).sum(axis=1).max() < 33.7


def test_a_batch_is_from_everywhere():
    batches = epoch(Order(ROWS, BLOCK), 0)[: ROWS // BATCH * BATCH].reshape(-1, BATCH)
    # Of a whole permutation a batch lies 63/65 of the rows apart, and a neighbour a third.
    assert np.mean(np.ptp(batches, axis=1)) / ROWS == pytest.approx(63 / 65, abs=0.01)
    assert np.mean(np.abs(np.diff(batches))) / ROWS == pytest.approx(1 / 3, abs=0.01)
    # 64 draws of 256 blocks find 256 · (1 - (255/256)^64) = 56.7 of them.
    distinct = [len(np.unique(batch // BLOCK)) for batch in batches]
    assert np.mean(distinct) > 56


def runs(rows):
    """The first rows of runs of neighbours, and how many there are in each."""
    firsts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    return rows[firsts], np.diff([*firsts, len(rows)])


def test_a_window_is_read_in_blocks():
    order = Order(ROWS, BLOCK)
    windows = [np.sort(order.within(window, 0)) for window in range(13)]
    assert np.array_equal(np.sort(np.concatenate(windows)), np.arange(ROWS))
    for window in windows:
        lengths = runs(window)[1]
        # Windows share a block at either end, and the cut divides one.
        assert (lengths % BLOCK != 0).sum() <= 4
        assert len(lengths) <= WINDOW + 3


def test_blocks_begin_elsewhere_each_epoch():
    order, begins = Order(ROWS, BLOCK), set()
    for number in range(60):
        firsts = runs(np.sort(order.within(13 * number, 0)))[0]
        begins.add(np.bincount(firsts % BLOCK).argmax())
    assert len(begins) > 15  # of 31 places 60 draws find 27
