"""The loader against a plain list, and shards against one array."""

from collections import Counter

import numpy as np
import pytest

from codekiln.errors import ArtifactError, CorpusError
from codekiln.inputs import RowLoader, RowStore, loader, order
from codekiln.inputs.order import Order

SIZES = (3, 5, 1, 4)
TOTAL = sum(SIZES)


@pytest.fixture
def rows():
    return np.random.default_rng(0).integers(0, 60_000, (TOTAL, 9)).astype(np.uint16)


@pytest.fixture
def paths(tmp_path, rows):
    """The rows in four shards."""
    paths = []
    for number, shard in enumerate(np.split(rows, np.cumsum(SIZES)[:-1])):
        paths.append(tmp_path / f"train-{number:05d}.npy")
        np.save(paths[-1], shard)
    return paths


@pytest.fixture(params=["one window", "three windows"])
def block(request, monkeypatch):
    """Rows a block, which is all of them and more, or two."""
    if request.param == "one window":
        return 65536 // (9 * 2)
    monkeypatch.setattr(loader, "BLOCK_BYTES", 2 * 9 * 2 + 1)
    monkeypatch.setattr(order, "WINDOW", 3)
    return 2


def reference(rows, block, seed, epochs):
    """Everything a loader gives out, as one list."""
    return rows[Order(len(rows), block).places(np.arange(epochs * len(rows)), seed)]


def test_shards_are_one_sequence(rows, paths):
    store = RowStore(paths)
    assert (len(store), store.length) == (TOTAL, 8)
    assert np.array_equal(store[np.arange(TOTAL)], rows)
    assert store[[0]].dtype == np.int64
    places = np.random.default_rng(1).integers(0, TOTAL, 50)
    assert np.array_equal(store[places], rows[places])
    assert np.array_equal(store[2], rows[2:3])


def test_an_empty_shard_among_others_does_no_harm(rows, paths, tmp_path):
    empty = tmp_path / "empty.npy"
    np.save(empty, rows[:0])
    for place in range(len(paths) + 1):
        store = RowStore([*paths[:place], empty, *paths[place:]])
        assert np.array_equal(store[np.arange(TOTAL)], rows)


def test_large_ids_survive(tmp_path):
    big = np.array([[70_000, 1], [2, 2**32 - 1]], dtype=np.uint32)
    np.save(tmp_path / "a.npy", big)
    assert RowStore([tmp_path / "a.npy"])[[1, 0]].tolist() == [[2, 2**32 - 1], [70_000, 1]]


@pytest.mark.parametrize("batch", [1, 2, 4, 13, 20, 40])
def test_every_epoch_has_each_row_once(rows, paths, block, batch):
    loader = RowLoader(RowStore(paths), batch, seed=7)
    count = 4 * TOTAL // batch + 1
    found = np.concatenate([loader.next_batch() for _ in range(count)])
    assert np.array_equal(found, reference(rows, block, 7, 8)[: count * batch])
    for epoch in range(min(4, len(found) // TOTAL)):
        one = found[epoch * TOTAL : (epoch + 1) * TOTAL]
        assert sorted(one.tolist()) == sorted(rows.astype(np.int64).tolist())
    assert loader.position == count * batch


@pytest.mark.parametrize("batch", [1, 4, 5])
def test_restored_anywhere_it_gives_the_same_rest(rows, paths, block, batch):
    store = RowStore(paths)
    expected = reference(rows, block, 3, 6)
    for position in range(2 * TOTAL + 1):
        loader = RowLoader(store, batch, seed=3, position=position)
        for start in range(position, position + 3 * batch, batch):
            assert np.array_equal(loader.next_batch(), expected[start : start + batch])


def test_another_seed_gives_another_order(paths):
    store = RowStore(paths)
    first, same, other = (RowLoader(store, TOTAL, seed).next_batch() for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("position", [0, 17])
def test_each_row_is_asked_for_once_before_it_is_drawn(paths, monkeypatch, position):
    asked, drawn = [], []

    def note(shard, places):
        asked.extend(tuple(row) for row in shard[places.start : places.stop].tolist())

    monkeypatch.setattr(loader, "read_soon", note)
    source = RowLoader(RowStore(paths), 1, seed=2, position=position)
    for _ in range(3 * TOTAL):
        drawn.append(tuple(source.next_batch()[0].tolist()))
        assert not Counter(drawn) - Counter(asked)
    assert len(asked) <= len(drawn) + 3 * TOTAL  # the window that it is in, and the next


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:5],
        lambda content: content[:50],
        lambda content: content[:-1],
        lambda content: b"not an array at all",
        lambda content: b"PK\x03\x04" + content,
        lambda content: content.replace(b"<u2", b"|O8"),
        lambda content: content.replace(b"(5, 9)", b"(45,) "),
        lambda content: content.replace(b"(5, 9)", b"(9, 5)"),
    ],
)
def test_a_damaged_shard_is_refused(paths, damage):
    content = paths[1].read_bytes()
    assert damage(content) != content
    paths[1].write_bytes(damage(content))
    with pytest.raises(ArtifactError, match="rebuild"):
        RowStore(paths)


def test_no_rows_are_nothing_to_train_on(tmp_path):
    np.save(tmp_path / "empty.npy", np.zeros((0, 9), dtype=np.uint16))
    for shards in ([], [tmp_path / "empty.npy"]):
        with pytest.raises(CorpusError, match=r"no rows .*: add sources"):
            RowStore(shards)
