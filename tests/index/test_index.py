"""Matches and drafts of several shards, beside a search through every place."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.index import Index, Origin, Shard
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
