"""Old rows among new ones: how many, in which order, the same wherever a run begins."""

from itertools import count

import numpy as np
import pytest

from codekiln.inputs import ReplayedRows, RowLoader, RowStore
from codekiln.inputs.order import Order

NEW, OLD, LENGTH = 11, 17, 8


@pytest.fixture
def stores(tmp_path):
    """New rows begin with 0 … 10, old ones with 1000 … 1016."""
    stores = []
    for first, rows in ((0, NEW), (1000, OLD)):
        path = tmp_path / f"{first}.npy"
        np.save(
            path, np.arange(first, first + rows, dtype=np.uint16)[:, None].repeat(LENGTH + 1, 1)
        )
        stores.append(RowStore([path]))
    return stores


def order(rows, seed):
    """The numbers of the rows of one store, for ever, by the order alone."""
    for position in count():
        yield int(Order(rows, block=3640).places([position], seed)[0])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.99])
def test_it_is_two_orders_woven_together(stores, share):
    drawn = ReplayedRows(*stores, share).drawn(np.arange(500), seed=5)
    assert drawn.shape == (500, LENGTH + 1)
    assert (drawn == drawn[:, :1]).all()
    new, old = order(NEW, 5), order(OLD, 5)
    for at, number in enumerate(drawn[:, 0].tolist()):
        assert number == (1000 + next(old) if number >= 1000 else next(new)), at


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.99])
def test_every_stretch_has_its_share_of_old_rows(stores, share):
    is_old = ReplayedRows(*stores, share).drawn(np.arange(400), seed=0)[:, 0] >= 1000
    sums = np.concatenate([[0], np.cumsum(is_old)])
    for length in (1, 8, 50, 399):
        found = sums[length:] - sums[:-length]
        assert np.abs(found - length * share).max() < 1 + 1e-9


def test_old_rows_come_all_before_any_comes_again(stores):
    """Also where new rows are few, and come many times meanwhile."""
    drawn = ReplayedRows(*stores, 0.2).drawn(np.arange(5 * OLD), seed=3)[:, 0]
    assert sorted(drawn[drawn >= 1000]) == list(range(1000, 1000 + OLD))


def test_a_loader_begins_anywhere(stores):
    rows = ReplayedRows(*stores, 0.3)
    whole = RowLoader(rows, 200, seed=2).next_batch()
    for position in (0, 1, 37, 100):
        assert np.array_equal(RowLoader(rows, 9, 2, position).next_batch(), whole[position:][:9])
    assert not np.array_equal(RowLoader(rows, 200, seed=3).next_batch(), whole)


def test_an_epoch_is_over_when_all_new_rows_were_seen(stores):
    rows = ReplayedRows(*stores, 0.3)
    assert len(rows) == round(NEW / 0.7)
    drawn = rows.drawn(np.arange(len(rows)), seed=1)[:, 0]
    assert set(range(NEW)) <= set(drawn.tolist())
    assert rows.length == LENGTH
    assert rows.largest() == 1000 + OLD - 1
