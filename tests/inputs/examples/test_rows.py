"""Packed examples: each once, in one piece, with flags that say where it begins and what is its target."""

import random

import numpy as np
import torch

from codekiln.inputs.examples import Example, ExampleRows, begins, ids_of, is_target, pack

PADDING = 4


def random_examples(count, length, seed=0):
    generator = random.Random(seed)

    def ids(most):
        return [generator.randrange(70_000) for _ in range(generator.randint(1, most))]

    return [Example(ids(length // 2), ids(length // 2)) for _ in range(count)]


def unpacked(rows):
    """The examples in rows, from the flags alone."""
    for row in rows:
        starts = np.flatnonzero(begins(row)).tolist()
        for start, stop in zip(starts, [*starts[1:], len(row)], strict=True):
            ids, target = ids_of(row[start:stop]), is_target(row[start:stop])
            if not target.any():
                continue
            first, last = np.flatnonzero(target)[[0, -1]]
            assert target[first : last + 1].all(), "a target is in one piece"
            yield Example(ids[:first].tolist(), ids[first : last + 1].tolist())


def test_every_example_is_there_once_and_whole():
    examples = random_examples(300, 60)
    rows = pack(examples, 80, PADDING)
    assert rows.shape[1] == 81
    key = repr
    assert sorted(unpacked(rows), key=key) == sorted(examples, key=key)


def test_by_hand():
    (row,) = pack([Example([7, 8], [9]), Example([5], [6, 6])], 6, PADDING)
    assert ids_of(row).tolist() in ([7, 8, 9, 5, 6, 6, 4], [5, 6, 6, 7, 8, 9, 4])
    swapped = ids_of(row)[0] == 5
    assert np.flatnonzero(begins(row)).tolist() == [0, 3]
    assert np.flatnonzero(is_target(row)).tolist() == ([1, 2, 5] if swapped else [2, 4, 5])


def test_an_example_may_fill_a_row():
    (row,) = pack([Example([1] * 4, [2] * 3)], 6, PADDING)
    assert ids_of(row).tolist() == [1, 1, 1, 1, 2, 2, 2]


def test_the_order_of_examples_changes_nothing():
    examples = random_examples(50, 40)
    shuffled = random.Random(1).sample(examples, len(examples))
    assert (pack(examples, 64, PADDING) == pack(shuffled, 64, PADDING)).all()


def test_little_is_padding():
    rows = pack(random_examples(2000, 200), 512, PADDING)
    filled = sum(len(one) for one in unpacked(rows))
    assert filled / rows.size > 0.98


def test_flags_are_read_in_tensors_too():
    rows = torch.from_numpy(pack([Example([7, 8], [9])], 3, PADDING).astype(np.int64))
    assert ids_of(rows).tolist() == [[7, 8, 9, 4]]
    assert begins(rows).tolist() == [[True, False, False, False]]
    assert is_target(rows).tolist() == [[False, False, True, False]]


def test_a_store_of_them_knows_ids_from_flags(tmp_path):
    path = tmp_path / "train-00000.npy"
    np.save(path, pack([Example([7, 80], [9]), Example([5], [6])], 3, PADDING))
    rows = ExampleRows([path])
    assert (rows.largest(), rows.length, len(rows)) == (80, 3, 2)
