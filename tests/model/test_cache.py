"""Reading through the cache gives the logits of reading at once, however the tokens come."""

import pytest
import torch

from codekiln.model.cache import KeyValueCache
from model.shapes import GROUPED, all_logits, random_ids, random_model

MODEL = random_model()


@torch.no_grad()
def read(cache, ids):
    return MODEL.logits(MODEL(ids, cache=cache))


def assert_same(found, expected):
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "pieces",
    [[1] * 150, [150], [1, 149], [149, 1], [100, 30, 20], [7] * 21 + [3]],
    ids=lambda pieces: f"{len(pieces)} pieces",
)
def test_pieces_give_the_logits_of_the_whole(pieces):
    ids = random_ids(2, 150)
    cache = KeyValueCache(GROUPED.layers)
    found = torch.cat([read(cache, piece) for piece in ids.split(pieces, dim=1)], dim=1)
    assert cache.length == 150
    assert_same(found, all_logits(MODEL, ids))


def test_forks_go_their_own_ways():
    prompt, tails = random_ids(1, 70, seed=1), random_ids(3, 20, seed=2)
    cache = KeyValueCache(GROUPED.layers)
    read(cache, prompt)
    cache.fork([0, 0, 0])
    found = torch.cat([read(cache, tails[:, :1]), read(cache, tails[:, 1:])], dim=1)
    whole = torch.cat([prompt.expand(3, -1), tails], dim=1)
    assert_same(found, all_logits(MODEL, whole)[:, 70:])


def test_a_fork_takes_rows_in_any_order():
    ids, tails = random_ids(3, 30, seed=3), random_ids(2, 5, seed=4)
    cache = KeyValueCache(GROUPED.layers)
    read(cache, ids)
    cache.fork([2, 0])
    whole = torch.cat([ids[[2, 0]], tails], dim=1)
    assert_same(read(cache, tails), all_logits(MODEL, whole)[:, 30:])


@pytest.mark.parametrize("back", [0, 1, 25, 90])
def test_what_was_rewound_leaves_no_trace(back):
    ids, other = random_ids(2, 90, seed=5), random_ids(2, 60, seed=6)
    cache = KeyValueCache(GROUPED.layers)
    read(cache, ids)
    cache.rewind(back)
    assert cache.length == 90 - back
    whole = torch.cat([ids[:, : 90 - back], other], dim=1)
    assert_same(read(cache, other), all_logits(MODEL, whole)[:, 90 - back :])


def test_a_rewound_fork_is_its_own():
    prompt = random_ids(1, 40, seed=7)
    cache = KeyValueCache(GROUPED.layers)
    read(cache, prompt)
    cache.fork([0, 0])
    read(cache, random_ids(2, 10, seed=8))
    cache.rewind(12)
    tails = random_ids(2, 15, seed=9)
    whole = torch.cat([prompt[:, :38].expand(2, -1), tails], dim=1)
    assert_same(read(cache, tails), all_logits(MODEL, whole)[:, 38:])
