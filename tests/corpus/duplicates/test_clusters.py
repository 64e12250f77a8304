"""Clusters against brute force over all pairs."""

import itertools
import random
import tracemalloc

import numpy as np
import pytest

from codekiln.corpus.duplicates import HASHES, Sketches, clusters, near_clusters, signatures
from codekiln.corpus.duplicates.bands import BANDS
from codekiln.corpus.duplicates.clusters import least_matches
from corpus.duplicates.likeness import document, edited, hashed, jaccard


def families(seed: int, count: int = 40) -> list[list[str]]:
    """Documents in families of one to four, of all likenesses, in no order."""
    rng = random.Random(seed)
    documents = []
    for _ in range(count):
        tokens = document(rng, rng.choice([30, 150, 600]))
        documents.append(tokens)
        for _ in range(rng.randrange(4)):
            documents.append(edited(rng, tokens, rng.randint(0, len(tokens) // 15)))
    rng.shuffle(documents)
    return documents


def components(size: int, pairs) -> list[int]:
    sets = {number: {number} for number in range(size)}
    for one, other in pairs:
        both = sets[one] | sets[other]
        sets.update(dict.fromkeys(both, both))
    return [min(sets[number]) for number in range(size)]


def related(*likenesses: float) -> np.ndarray:
    """Signatures: a first one, and for each likeness one that shares so many of its first hashes."""
    rng = np.random.default_rng(5)
    rows = rng.integers(0, 2**32, (1 + len(likenesses), HASHES), dtype=np.uint32)
    for row, likeness in zip(rows[1:], likenesses, strict=True):
        shared = round(likeness * HASHES)
        row[:shared] = rows[0, :shared]
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_of_three_quarters_are_found_and_none_of_little_more_than_half(sketch, seed):
    documents = families(seed)
    found = near_clusters(sketch(signatures(hashed(documents))))
    pairs = [
        (one, other, jaccard(documents[one], documents[other]))
        for one, other in itertools.combinations(range(len(documents)), 2)
    ]
    alike = [(one, other) for one, other, likeness in pairs if likeness >= 0.75]
    near = [(one, other) for one, other, likeness in pairs if likeness >= 0.55]
    assert len(near) > len(alike) > 20
    assert all(found[one] == found[other] for one, other in alike)
    widest = components(len(documents), near)
    assert all(widest[number] == widest[root] for number, root in enumerate(found))


def test_clusters_are_the_components_of_all_pairs_that_share_a_band_and_enough_hashes(sketch):
    rows = signatures(hashed(families(7, 80)))
    equal = rows[:, None] == rows[None]
    candidates = equal.reshape(len(rows), len(rows), BANDS, -1).all(axis=3).any(axis=2)
    alike = np.argwhere(candidates & (equal.sum(axis=2) >= least_matches(0.7)))
    assert near_clusters(sketch(rows)).tolist() == components(len(rows), alike.tolist())


def test_copies_of_copies_are_one_cluster(sketch):
    rng = random.Random(3)
    chain = [document(rng, 300)]
    while len(chain) < 12:
        chain.append(edited(rng, chain[-1], 4))
    assert jaccard(chain[0], chain[-1]) < 0.4
    assert not near_clusters(sketch(signatures(hashed(chain)))).any()
    assert near_clusters(sketch(signatures(hashed(chain[::11])))).tolist() == [0, 1]


def test_neighbours_that_share_a_band_but_are_unlike_do_not_hide_a_copy(sketch):
    """Between a document and its copy lie others that have one band, and no more, in common with it."""
    rows = related(*[1 / BANDS] * 12, 0.9)
    rows[-1, 11::6] += 1  # so that the first band is the only one they share
    assert near_clusters(sketch(rows)).tolist() == [*range(13), 0]


@pytest.mark.parametrize(("likeness", "joined"), [(0.63, True), (0.62, False)])
def test_the_threshold_is_lowered_by_the_deviation_of_the_estimate(sketch, likeness, joined):
    rows = related(likeness)
    assert (near_clusters(sketch(rows)).tolist() == [0, 0]) is joined
    assert near_clusters(sketch(rows), 0.6).tolist() == [0, 0]


def test_all_of_equal_documents_are_asked_for_at_the_highest_threshold(sketch):
    rows = related(1.0, 0.99)
    assert near_clusters(sketch(rows), 1.0).tolist() == [0, 0, 2]
    assert near_clusters(sketch(rows), 0.95).tolist() == [0, 0, 0]


def test_shards_and_batches_change_nothing(sketch, monkeypatch):
    rows = signatures(hashed(families(11)))
    whole = near_clusters(sketch(rows)).tolist()
    assert len(set(whole)) < len(whole)
    some = len(rows) // 3
    assert near_clusters(sketch(rows, some, 0, 1, len(rows) - some - 1)).tolist() == whole
    monkeypatch.setattr(clusters, "BATCH", 3)
    assert near_clusters(sketch(rows)).tolist() == whole


def test_another_order_gives_the_same_clusters(sketch):
    rows = signatures(hashed(families(12)))
    order = np.random.default_rng(0).permutation(len(rows))
    sets = [
        {frozenset(places[found == root].tolist()) for root in found}
        for places, found in (
            (np.arange(len(rows)), near_clusters(sketch(rows))),
            (order, near_clusters(sketch(rows[order]))),
        )
    ]
    assert sets[0] == sets[1]


def test_documents_without_tokens_or_with_few_keep_apart(sketch):
    documents = [["x"], [], ["y"], ["x", "=", "1"], ["x", "=", "2"], ["x"], ["x", "=", "1"]]
    assert near_clusters(sketch(signatures(hashed(documents)))).tolist() == [0, 1, 2, 3, 4, 0, 3]


def test_nothing_has_no_clusters(sketch):
    assert len(near_clusters(Sketches([]))) == 0
    assert near_clusters(sketch(related())).tolist() == [0]


def test_equal_documents_are_compared_a_few_times_each(sketch, monkeypatch):
    """Ten thousand copies are fifty million pairs; almost all are known to be alike without a look."""
    compared = []
    matches = Sketches.matches

    def counted(self, left, right):
        compared.append(len(left))
        return matches(self, left, right)

    monkeypatch.setattr(Sketches, "matches", counted)
    rows = np.repeat(related(0.9), 5_000, axis=0)
    assert not near_clusters(sketch(rows, *[500] * 20)).any()
    assert sum(compared) < 2 * len(rows)


@pytest.mark.parametrize("copies", [1, 40])
def test_memory_grows_by_less_than_sixty_bytes_a_document(sketch, tmp_path, monkeypatch, copies):
    monkeypatch.setattr(clusters, "BATCH", 1000)  # what a batch takes is the same for any number
    rows = np.random.default_rng(0).integers(0, 2**32, (2000 // copies, HASHES), dtype=np.uint32)
    sketch(np.repeat(rows, copies, axis=0))

    def peak(shards: int) -> int:
        sketches = Sketches([tmp_path / "sketches-00000.npy"] * shards)
        tracemalloc.start()
        near_clusters(sketches)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert 8 < (peak(24) - peak(6)) / 36_000 < 60
