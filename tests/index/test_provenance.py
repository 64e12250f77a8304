"""Passages beside a search for every substring; what is flagged; what other cuts of a text do."""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codekiln
from codekiln.errors import UsageError
from codekiln.index import Index, Origin, Shard
from codekiln.index.provenance import trace
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer

SOURCE = Path(codekiln.__file__).parent
TEXT = "def load(path):\n    with open(path) as file:\n        return json.load(file)\n"
OTHER = "The quick brown fox jumps over the lazy dog while 17 wizards watch."


@dataclass(frozen=True)
class Characters:
    """A tokenizer to which each character is an id, so that runs of ids are runs of characters."""

    vocabulary_size: int = 200
    end: int = 0

    def encode(self, text):
        return [ord(character) for character in text]

    def bytes_of(self, token):
        return b"" if token == self.end else bytes([token % 256])


def shards_of(tokenizer, groups):
    origin = Origin("repo", "file.py")
    return [
        Shard.build(tokenizer, [tokenizer.encode(text) for text in group], [origin] * len(group))
        for group in groups
    ]


def index_of(tokenizer, *texts, licences=None):
    origins = [
        Origin("repo", f"{n}.py", "1.0", licence) for n, licence in enumerate(licences or texts)
    ]
    return Index(tokenizer, [Shard.build(tokenizer, [*map(tokenizer.encode, texts)], origins)])


def maximal(documents, text, least):
    """By trying: from every character the longest that stands somewhere; none within another."""
    everything, found, reached = "\n".join(documents), set(), 0
    for start in range(len(text)):
        end = start
        while end < len(text) and text[start : end + 1] in everything:
            end += 1
        if end > reached and end - start >= least:
            places = re.findall(f"(?={text[start:end]})", everything)
            found.add((start, end, len(places)))
        reached = max(reached, end)
    return found


letters = st.text("abc", max_size=40)


@settings(deadline=None, max_examples=150)
@given(
    groups=st.lists(st.lists(letters, min_size=1, max_size=4), max_size=4),
    text=st.text("abcd", max_size=40),
    least=st.integers(1, 12),
    size=st.sampled_from((200, 66_000)),
    data=st.data(),
)
def test_passages_are_those_of_a_search_for_every_substring(groups, text, least, size, data):
    tokenizer = Characters(size)
    shards = shards_of(tokenizer, groups)
    alive = [(s, d) for s, group in enumerate(groups) for d in range(len(group))]
    for _ in range(data.draw(st.integers(0, len(alive)))):
        shard, document = alive.pop(data.draw(st.integers(0, len(alive) - 1)))
        shards[shard].delete(document)
    found = trace(text, Index(tokenizer, shards), least=least)
    documents = [groups[s][d] for s, d in alive]
    assert {(one.start, one.end, one.count) for one in found} == maximal(documents, text, least)
    order = [(one.count, one.start - one.end) for one in found]
    assert order == sorted(order)


@pytest.mark.parametrize("deleted", [0, 200])
def test_shards_with_many_more_suffixes_than_an_outline_has_numbers(deleted):
    random = Random(1)
    groups = [
        ["".join(random.choices("abcdef", k=random.randrange(80))) for _ in range(300)]
        for _ in range(3)
    ]
    text = "".join(random.choices("abcdef", k=150)) + groups[1][250] + groups[2][299][3:]
    shards = shards_of(Characters(), groups)
    for shard in shards:
        assert len(shard.outline) > 20
        for document in range(deleted):
            shard.delete(document)
    found = trace(text, Index(Characters(), shards), least=5)
    documents = [document for group in groups for document in group[deleted:]]
    assert {(one.start, one.end, one.count) for one in found} == maximal(documents, text, 5)


def test_long_repeats_and_their_neighbours_deleted():
    """Many equal suffixes, of which the living ones lie far from where the search ends."""
    text = "ab" * 40
    shards = shards_of(Characters(), [[text] * 50 + ["ab" * 10] + [text] * 50])
    for document in [*range(50), *range(51, 101)]:
        shards[0].delete(document)
    index = Index(Characters(), shards)
    found = trace(text, index, least=15)
    assert {(one.start, one.end, one.count) for one in found} == maximal(["ab" * 10], text, 15)
    shards[0].delete(50)
    assert trace(text, index, least=15) == []


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load(SOURCE / "starter")


@pytest.fixture(scope="module")
def texts():
    paths = sorted(SOURCE.glob("model/*.py"))
    return [path.read_text() for path in paths if path.stat().st_size > 2000]


def test_real_text_cut_at_any_character_is_found_to_the_character(tokenizer, texts):
    index = index_of(tokenizer, *texts)
    random = Random(0)
    for _ in range(100):
        document = random.randrange(len(texts))
        start = random.randrange(len(texts[document]) - 300)
        piece = texts[document][start : start + random.randrange(80, 300)]
        text = f"本 {piece}本"
        found = [one for one in trace(text, index) if one.start <= 2 and one.end >= 2 + len(piece)]
        begins = text[1] == texts[document][start - 1]
        assert [(one.start, one.end) for one in found] == [(2 - begins, 2 + len(piece))]
        assert found[0].places[0].origin.path == f"{document}.py"


def test_every_passage_stands_where_it_is_said_to(tokenizer, texts):
    index = index_of(tokenizer, *texts[:-1])
    found = trace(texts[-1], index, least=20)
    assert len(found) > 10
    for one in found:
        passage = texts[-1][one.start : one.end]
        assert len(passage) >= 20
        assert any(passage in texts[int(place.origin.path[:-3])] for place in one.places)


def test_the_line_and_the_origin_of_a_place():
    index = index_of(tiny_tokenizer(), "x = 1\n" * 7 + TEXT, licences=["MIT"])
    (found,) = trace(TEXT[4:], index)
    assert found.places[0] == (Origin("repo", "0.py", "1.0", "MIT"), 8)
    assert (found.start, found.end, found.count) == (0, len(TEXT) - 4, 1)


@pytest.mark.parametrize(
    ("licences", "allow", "flagged", "first"),
    [
        (["MIT"], ["MIT"], False, "MIT"),
        (["MIT"], None, False, "MIT"),
        (["MIT"], [], True, "MIT"),
        (["GPL-3.0-only"], ["MIT"], True, "GPL-3.0-only"),
        (["GPL-3.0-only", "GPL-2.0-only OR MIT"], ["MIT"], False, "GPL-2.0-only OR MIT"),
        (["GPL-3.0-only AND MIT", ""], ["MIT"], True, None),
        (["own", "GPL-3.0-only"], [], False, "own"),
        (["GPL-3.0-only"] * 20 + ["MIT"] + ["GPL-3.0-only"] * 20, ["MIT"], False, "MIT"),
    ],
)
def test_flagged_unless_one_place_is_allowed_and_that_is_shown_first(
    licences, allow, flagged, first
):
    index = index_of(tiny_tokenizer(), *[TEXT] * len(licences), licences=licences)
    (found,) = trace(TEXT, index, allow)
    assert found.flagged is flagged
    assert found.count == len(licences)
    assert len(found.places) == min(len(licences), 3)
    assert len(set(found.places)) == len(found.places)
    assert first in (None, found.places[0].origin.licence)


def test_rarest_first_then_longest():
    common, rare, longer = TEXT, OTHER, OTHER.upper() + OTHER.lower()
    index = index_of(tiny_tokenizer(), common, rare, common, longer)
    text = f"{common}#{rare}#{longer}"
    found = [text[one.start : one.end] for one in trace(text, index)]
    assert found == [longer, rare, common]


def test_what_is_deleted_or_written_anew_is_told_as_it_is_now():
    tokenizer = tiny_tokenizer()
    main, delta = shards_of(tokenizer, [[TEXT, OTHER], [TEXT.replace("path", "place")]])
    main.delete(0)
    assert trace(TEXT, Index(tokenizer, [main]), least=20) == []
    assert len(trace(OTHER, Index(tokenizer, [main]))) == 1
    for one in trace(TEXT, Index(tokenizer, [main, delta]), least=20):
        assert TEXT[one.start : one.end] in TEXT.replace("path", "place")


def test_characters_are_whole_where_their_bytes_agree_in_part():
    prefix = "x" * 60
    index = index_of(tiny_tokenizer(), f"é{prefix}é", f"日{prefix[:-1]}日")
    found = trace(f"ê{prefix}è", index)  # a byte of two is the same
    assert [(one.start, one.end) for one in found] == [(1, 61)]
    text = f"本日{prefix[:-1]}日本"
    assert (1, 62) in {(one.start, one.end) for one in trace(text, index)}


def test_too_short_or_nothing_to_look_for():
    tokenizer = tiny_tokenizer()
    index = index_of(tokenizer, TEXT)
    assert [one.end for one in trace(TEXT[:50], index)] == [50]
    assert trace(TEXT[:49], index) == []
    assert trace("", index) == []
    assert trace(TEXT, Index(tokenizer, [])) == []
    assert trace(TEXT, index_of(tokenizer, "")) == []
    assert trace("é" * 100, index) == []


def test_control_in_a_text_is_characters_and_no_border_of_documents():
    tokenizer = tiny_tokenizer()
    index = index_of(tokenizer, "a" * 40, "b" * 40, "<|endoftext|>" * 5)
    assert trace("a" * 40 + "b" * 40, index) == []
    assert trace("a" * 40 + "<|endoftext|>" + "b" * 40, index) == []
    assert len(trace("<|endoftext|>" * 5, index)) == 1


def test_a_lone_surrogate_is_refused_and_a_pair_is_not():
    index = index_of(tiny_tokenizer(), TEXT)
    with pytest.raises(UsageError, match="UTF-8"):
        trace(TEXT + "\ud83c", index)
    assert len(trace(TEXT + "\U0001f389", index)) == 1


def test_the_outline_is_that_of_the_suffixes(tokenizer, texts):
    shard = index_of(tokenizer, *texts).shards[0]
    heads = [shard.tokens[place:][:4].tobytes() for place in shard.suffixes[::256].tolist()]
    expected = [int.from_bytes(head) for head in heads if len(head) == 8]
    assert shard.outline[-len(expected) :].tolist() == expected
    assert (np.diff(shard.outline[-len(expected) :].astype(object)) >= 0).all()
