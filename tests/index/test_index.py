"""Matches and drafts of several shards, beside a search through every place."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.index import CAP, NO_MATCH, Index, Origin, Shard
from codekiln.index.index import SAMPLE
from fakes import tiny_tokenizer
from index.plain import Letters, continuations, drafted

SMALL, LARGE = Letters(6), Letters(70_000)
texts = st.lists(st.integers(2, 5), max_size=30)


def shards_of(tokenizer, groups):
    return [
        Shard.build(tokenizer, group, [Origin("r", f"{n}") for n in range(len(group))])
        for group in groups
    ]


def expect(index, documents, context):
    length, found = continuations(documents, context)
    match = index.match(context)
    assert match.length == length
    assert match.count == len(found)
    followers = Counter(rest[0] for rest in found)
    assert dict(zip(match.followers.tolist(), match.counts.tolist(), strict=True)) == followers
    assert match.followers.tolist() == sorted(followers)
    for n in (0, 1, 5):
        assert index.draft(context, n) == drafted(found, n)


@settings(deadline=None, max_examples=150)
@given(
    groups=st.lists(st.lists(texts, min_size=1, max_size=4), max_size=3),
    contexts=st.lists(st.lists(st.integers(0, 5), max_size=12), min_size=1, max_size=4),
    scale=st.sampled_from((1, 17_000)),
    data=st.data(),
)
def test_matches_and_drafts_are_those_of_a_search_through_every_place(
    groups, contexts, scale, data
):
    tokenizer = SMALL if scale == 1 else LARGE

    def scaled(ids):
        return [token if token < 2 else 2 + (token - 2) * scale for token in ids]

    groups = [[scaled(text) for text in group] for group in groups]
    shards = shards_of(tokenizer, groups)
    index = Index(tokenizer, shards)
    alive = [(s, d) for s, group in enumerate(groups) for d in range(len(group))]
    for context in map(scaled, contexts):
        for stop in range(len(context) + 1):  # typed token by token, or anything else in between
            expect(index, [groups[s][d] for s, d in alive], context[:stop])
        if alive and data.draw(st.booleans()):
            shard, document = alive.pop(data.draw(st.integers(0, len(alive) - 1)))
            shards[shard].delete(document)
        expect(index, [groups[s][d] for s, d in alive], context)


def test_an_empty_index_and_an_empty_context_match_nothing():
    for index in (Index(SMALL, []), Index.of(SMALL, []), Index.of(SMALL, [[], []])):
        assert index.match([2, 3]) is NO_MATCH
        assert index.draft([2, 3], 4) == []
    index = Index.of(SMALL, [[2, 3]])
    for nothing in ([], [0], [2, 1], [5], [3]):
        assert index.match(nothing) is NO_MATCH
        assert index.draft(nothing, 4) == []
    assert index.match([2]).followers.tolist() == [3]


def test_a_document_of_one_token_is_followed_by_nothing():
    index = Index.of(SMALL, [[4], [5], [4, 5]])
    expect(index, [[4], [5], [4, 5]], [4])
    assert index.match([4]).count == 1
    assert index.match([5]) is NO_MATCH


def test_control_tokens_in_a_document_end_it():
    index = Index.of(SMALL, [[2, 3, 1, 4, 5], [2, 3, 0, 4]])
    expect(index, [[2, 3], [4, 5], [2, 3], [4]], [2, 3])
    expect(index, [[2, 3], [4, 5], [2, 3], [4]], [2, 3, 1, 4])
    assert index.draft([2], 5) == [3]


def test_a_match_ends_at_the_cap():
    rng = np.random.default_rng(1)
    document = rng.integers(2, 70_000, 300).tolist()
    index = Index.of(LARGE, [document])
    for stop in range(1, 200):  # grows by one id at a time, past the cap
        match = index.match(document[:stop])
        assert match.length == min(CAP, stop)
        assert match.followers.tolist() == [document[stop]]
    other = [document[0] - 1, *document[1:CAP]]
    assert index.match(other).length == CAP - 1


def test_shards_on_which_a_match_is_equally_long_add_up():
    shards = shards_of(SMALL, [[[2, 3, 4]], [[3, 5]], [[2, 3, 5]], [[2, 3, 4]]])
    match = Index(SMALL, shards).match([2, 3])
    assert (match.length, match.count) == (2, 3)
    assert match.followers.tolist() == [4, 5]
    assert match.counts.tolist() == [2, 1]


def test_of_many_places_an_even_sample_is_looked_at():
    documents = [[2, 3, 4 if n % 4 else 5] for n in range(40_000)]
    documents += [[2, 3]] * 10_000
    index = Index(LARGE, shards_of(LARGE, [documents[0::2], documents[1::2]]))
    match = index.match([2, 3])
    assert match.counts.sum() <= SAMPLE
    assert match.count == pytest.approx(40_000, rel=0.02)
    assert match.followers.tolist() == [4, 5]
    assert match.counts[0] / match.counts.sum() == pytest.approx(0.75, abs=0.02)
    assert index.draft([2, 3], 3) == [4]


def test_the_few_living_places_among_many_dead_ones_are_found():
    documents = [[2, 3, 4] for _ in range(5000)]
    index = Index(SMALL, shards_of(SMALL, [documents]))
    for document in set(range(5000)) - {1234}:
        index.shards[0].delete(document)
    match = index.match([2, 3])
    assert (match.followers.tolist(), match.counts.tolist()) == ([4], [1])
    assert index.draft([2, 3], 2) == [4]
    index.shards[0].delete(1234)
    assert index.match([2, 3]) is NO_MATCH


def test_a_deleted_document_stops_matching_for_a_context_that_was_just_asked_for():
    index = Index(SMALL, shards_of(SMALL, [[[2, 3, 4, 5], [4, 2]]]))
    assert index.match([2, 3, 4]).length == 3
    index.shards[0].delete(0)
    assert index.match([2, 3, 4]).length == 1
    assert index.draft([2, 3, 4], 3) == [2]


def test_without_a_path_an_index_answers_as_if_it_had_never_been_there():
    files = {"a": [2, 3, 4, 5], "b": [2, 3, 4, 2, 3, 5], "c": [4, 2, 3, 2]}
    origins = [Origin("r", path) for path in files]
    shard = Shard.build(SMALL, list(files.values()), origins)
    index = Index(SMALL, [shard])
    for path in files:
        others = [ids for name, ids in files.items() if name != path]
        for context in ([2, 3], [3, 4, 2, 3], [4, 2, 3]):
            expect(index.without(path), others, context)
            expect(index, list(files.values()), context)
    assert index.without("d").match([2, 3]).count == 4


def test_find_gives_the_range_of_every_place():
    ids = [2, 3, 2, 3, 4, 0, 2, 3]
    shard = Shard.build(SMALL, [ids[:5], ids[6:]], [Origin("r", "a"), Origin("r", "b")])
    low, high = shard.find(shard.encode([2, 3]))
    assert sorted(shard.suffixes[low:high].tolist()) == [0, 2, 6]
    assert shard.documents_of([0, 4, 5, 6, 8]).tolist() == [0, 0, 0, 1, 1]
    assert shard.document(0).tolist() == ids[:5]
    assert shard.document(1).tolist() == ids[6:]
    for absent in ([4, 2], [5], [2, 3, 4, 0, 2, 3, 0, 2]):
        low, high = shard.find(shard.encode(absent))
        assert low == high


def test_real_text_with_every_kind_of_character_is_found():
    tokenizer = tiny_tokenizer()
    text = "naïve = 'ﬁ 🎉\u200d🎉 \ud7ff'\r\n\tdef ñ():\n" * 3
    ids = tokenizer.encode(text)
    index = Index.of(tokenizer, [ids])
    for stop in range(1, len(ids)):
        assert ids[stop] in index.match(ids[:stop]).followers
    assert index.match(tokenizer.encode("\0")) is NO_MATCH


@pytest.mark.parametrize("tokenizer", [SMALL, LARGE], ids=["two bytes", "four bytes"])
def test_a_shard_on_disk_answers_as_the_one_in_memory(tokenizer, tmp_path):
    rng = np.random.default_rng(3)
    alphabet = rng.integers(2, tokenizer.vocabulary_size, 4)
    documents = [rng.choice(alphabet, size).tolist() for size in (1, 40, 90)]
    origins = [Origin("r", f"ü{n}", "v", "MIT OR Apache-2.0", "ab") for n in range(3)]
    built = Shard.build(tokenizer, documents, origins)
    built.write(tmp_path / "shard")
    opened = Shard.open(tmp_path / "shard", tokenizer)
    assert opened.tokens.itemsize == (2 if tokenizer is SMALL else 4)
    assert [opened.origins[n] for n in range(-3, 3)] == origins * 2
    assert list(opened.origins) == opened.origins[:] == origins
    with pytest.raises(IndexError):
        opened.origins[3]
    for shard in (built, opened):
        index = Index(tokenizer, [shard])
        for stop in range(91):
            expect(index, documents, documents[2][:stop])


def test_threads_that_share_an_index_get_their_own_answers():
    rng = np.random.default_rng(4)
    documents = [rng.integers(2, 6, 60).tolist() for _ in range(6)]
    index = Index(SMALL, shards_of(SMALL, [documents[:3], documents[3:]]))
    wanted = [[index.draft(text[:stop], 4) for stop in range(61)] for text in documents]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            found = pool.map(lambda t: [index.draft(t[:stop], 4) for stop in range(61)], documents)
            assert list(found) == wanted
