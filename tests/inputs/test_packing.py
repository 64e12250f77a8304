"""Packing, taken apart again: nothing is lost, nothing repeated, nothing cut inside a character."""

import json
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus import Document
from codekiln.inputs import Packer
from codekiln.tokenizer import Tokenizer, train_bpe
from fakes import document, tiny_tokenizer

END, PREFIX, MIDDLE, SUFFIX, PADDING, REPOSITORY, FILE, LANGUAGE = range(8)
FIELDS = {REPOSITORY: "repository", FILE: "path", LANGUAGE: "language"}
DOMAINS = {8: "web", 14: "data", 17: "database", 27: "concurrency"}
TEXT = 28  # the first id that stands for text
WORDS = (
    "def ",
    "return",
    "\n    ",
    "\r\n",
    "value",
    "_",
    " = ",
    "日本語",
    "🎉",
    "👩‍👧",
    "é",
    "e\u0301",
    "9",
)


def texts(seed: int, count: int, longest: int = 400) -> list[str]:
    generator = np.random.default_rng(seed)
    return [
        "".join(generator.choice(WORDS, size=generator.integers(1, longest))) for _ in range(count)
    ]


def documents(seed: int, count: int, longest: int = 400) -> list[Document]:
    return [document(text) for text in texts(seed, count, longest)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """One to which most characters are a single token; to `tiny_tokenizer` they are their bytes."""
    return train_bpe(iter(texts(99, 50)), 500)


def chained() -> Tokenizer:
    """The worst case: one token of 26 letters that falls into single letters when it is cut."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    definition = json.loads(train_bpe(iter([]), 286).definition)
    model = definition["model"]
    for place in range(1, 26):
        model["merges"].append([letters[:place], letters[place]])
        model["vocab"][letters[: place + 1]] = 285 + place
    return Tokenizer(json.dumps(definition))


@dataclass
class Segment:
    """One segment of a row, read back."""

    header: dict[str, str]
    domains: list[str]
    order: str
    parts: tuple[list[int], ...]
    closed: bool

    def text(self, tokenizer: Tokenizer) -> str:
        return "".join(map(tokenizer.decode, self.parts))


def read(tokenizer: Tokenizer, rows: list[list[int]]) -> list[Segment]:
    """All segments of some rows, in order, with the layouts undone."""
    segments = []
    for row in rows:
        assert row[0] == END
        content = row
        while content[-1] == PADDING:
            content = content[:-1]
        assert PADDING not in content
        starts = [place for place, token in enumerate(content) if token == END]
        for start, stop in zip(starts, [*starts[1:], len(content)], strict=True):
            if start + 1 < stop:
                segments.append(segment(tokenizer, content[start + 1 : stop], stop < len(content)))
    return segments


def segment(tokenizer: Tokenizer, ids: list[int], closed: bool) -> Segment:
    header, domains = {}, []
    if ids[0] in FIELDS or ids[0] in DOMAINS:
        end = stop = ids.index(tokenizer.encode("\n")[0])
        while ids[stop - 1] in DOMAINS:
            stop -= 1
        domains = [DOMAINS[token] for token in ids[stop:end]]
        places = [place for place in range(stop) if ids[place] in FIELDS]
        for place, following in pairwise([*places, stop]):
            header[FIELDS[ids[place]]] = tokenizer.decode(ids[place + 1 : following])
        ids = ids[end + 1 :]
    if ids[0] != PREFIX:
        assert min(ids) >= TEXT
        return Segment(header, domains, "plain", (ids,), closed)
    suffix, middle = ids.index(SUFFIX), ids.index(MIDDLE)
    assert [token for token in ids if token < TEXT] == [PREFIX, SUFFIX, MIDDLE]
    first, second, third = ids[1:suffix], ids[suffix + 1 : middle], ids[middle + 1 :]
    if suffix == 1:  # SPM, unless the prefix of a PSM is empty: the text is the same
        return Segment(header, domains, "spm", (third, second), closed)
    return Segment(header, domains, "psm", (first, third, second), closed)


def packed(tokenizer: Tokenizer, some: list[Document], length=128, fim=0.0, header=0.0, seed=0):
    rows = list(Packer(tokenizer, length, fim, header, seed).rows(some))
    assert {len(row) for row in rows} <= {length + 1}
    assert all(0 <= token < tokenizer.vocabulary_size for row in rows for token in row)
    return rows


@pytest.mark.parametrize("length", [128, 200, 512])
def test_plain_rows_hold_every_token_once_and_in_order(tokenizer, length):
    some = documents(length, 40)
    rows = packed(tokenizer, some, length)
    found = [token for row in rows for token in row if token not in (END, PADDING)]
    assert found == [token for one in some for token in tokenizer.encode(one.content)]


@pytest.mark.parametrize("fim", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("header", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_with_the_layouts_undone_the_text_is_that_of_the_documents(tokenizer, fim, header, seed):
    some = documents(seed, 40)
    segments = read(tokenizer, packed(tokenizer, some, 128, fim, header, seed))
    assert "".join(one.text(tokenizer) for one in segments) == "".join(d.content for d in some)
    orders = {one.order for one in segments}
    assert orders == {"plain"} if fim == 0 else orders >= {"psm", "spm"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=4),
    st.integers(128, 300),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(0, 5),
)
def test_so_it_is_for_any_text(contents, length, fim, seed):
    some = [document(content) for content in contents]
    segments = read(tiny_tokenizer(), packed(tiny_tokenizer(), some, length, fim, 0.5, seed))
    assert "".join(one.text(tiny_tokenizer()) for one in segments) == "".join(contents)


@pytest.mark.parametrize("seed", range(5))
def test_so_it_is_where_a_cut_makes_many_tokens_of_one(seed):
    tokenizer = chained()
    assert len(tokenizer.encode("abcdefghijklmnopqrstuvwxyz")) == 1
    assert len(tokenizer.encode("bcdefghijklmnopqrstuvwxyz")) == 25
    some = [document(f"abcdefghijklmnopqrstuvwxyz.{n}." * 300) for n in range(5)]
    rows = packed(tokenizer, some, 128, fim=1.0, header=0.5, seed=seed)
    segments = read(tokenizer, rows)
    assert "".join(one.text(tokenizer) for one in segments) == "".join(d.content for d in some)
    assert "psm" in {one.order for one in segments}


@pytest.mark.parametrize("seed", range(3))
def test_every_rearranged_segment_is_closed_by_the_end_token(tokenizer, seed):
    for fim in (0.5, 1.0):
        for one in read(tokenizer, packed(tokenizer, documents(seed, 60), 128, fim, 0.5, seed)):
            assert one.closed or one.order == "plain"


def test_the_end_token_closes_documents_and_no_cut():
    """A plain document that goes on in the next row is not said to end where the row does."""
    tokenizer = tiny_tokenizer()
    some = [document("🎉" * 400), document("x = 1\n" * 100), document("日" * 300)]
    segments = read(tokenizer, packed(tokenizer, some, 130))
    for one in segments:
        text = one.text(tokenizer)
        assert one.closed <= any(other.content.endswith(text[-9:]) for other in some)
    assert sum(one.closed for one in segments) == 3


@pytest.mark.parametrize("bytewise", [True, False])
def test_characters_are_never_cut_into_two_segments(tokenizer, bytewise):
    tokenizer = tiny_tokenizer() if bytewise else tokenizer
    for seed in range(4):
        for fim in (0.0, 1.0):
            some = [document("日本語🎉👩‍👧é" * 200), document("🎉" * 500)]
            for one in read(tokenizer, packed(tokenizer, some, 128 + seed, fim, 0.5, seed)):
                for part in one.parts:
                    assert "\ufffd" not in tokenizer.decode(part)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_rates_are_met(rate):
    """Each within four standard deviations of a binomial count."""
    tokenizer = tiny_tokenizer()
    some = [document(f"value_{n} = {n} + 1\n" * 2) for n in range(1500)]
    segments = read(tokenizer, packed(tokenizer, some, 512, rate, rate, 1))
    total = len(segments)
    assert total >= 1500
    slack = 4 * (total * rate * (1 - rate)) ** 0.5
    rearranged = [one for one in segments if one.order != "plain"]
    counts = [len(rearranged)]
    for name in FIELDS.values():
        counts.append(sum(name in one.header for one in segments))
    for count in counts:
        assert abs(count - total * rate) < slack
    spm = sum(one.order == "spm" for one in rearranged)
    # A PSM example with an empty prefix reads as SPM: one in 30 or so here.
    assert abs(spm - len(rearranged) * 0.52) < 4 * (len(rearranged) / 4) ** 0.5
    both = sum({"repository", "path"} <= set(one.header) for one in segments)
    assert abs(both - total * rate**2) < 4 * (total * rate**2 * (1 - rate**2)) ** 0.5
    lengths = np.array([len(one.parts[1]) for one in rearranged if one.order == "psm"])
    assert lengths.std() > 3, "middles are of all lengths"


def test_headers_say_what_is_known_of_the_file(tokenizer):
    some = [document("x = 1\n", path=f"p/{n}.py", language="python") for n in range(5)]
    segments = read(tokenizer, packed(tokenizer, some, header=1.0))
    assert [one.header for one in segments] == [
        {"repository": "repo", "path": f"p/{n}.py", "language": "python"} for n in range(5)
    ]


@pytest.mark.parametrize("domains", [(), ("web",), ("data", "database", "concurrency")])
def test_headers_say_what_the_file_is_for(tokenizer, domains):
    some = [replace(document("x = 1\n"), domains=domains)]
    (one,) = read(tokenizer, packed(tokenizer, some, header=1.0))
    assert (one.domains, one.header["language"]) == (list(domains), "python")
    (none,) = read(tokenizer, packed(tokenizer, some, header=0.0))
    assert (none.domains, none.header) == ([], {})


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_domains_are_dropped_together_and_one_by_one(rate):
    """All at the header rate; of those kept each at that rate, or the last one that is left."""
    tokenizer = tiny_tokenizer()
    given = ("web", "data", "database")
    some = [replace(document(f"v_{n} = {n}\n"), domains=given) for n in range(1500)]
    found = [one.domains for one in read(tokenizer, packed(tokenizer, some, 512, 0.0, rate, 1))]
    assert len(found) >= 1500
    assert all(one == [domain for domain in given if domain in one] for one in found)
    each = rate + (1 - rate) ** 3 / 3
    expected = dict.fromkeys(given, rate * each) | {
        "some": rate,
        "all": rate * rate**3,
        "one": rate * (3 * rate * (1 - rate) ** 2 + (1 - rate) ** 3),
    }
    counts = {domain: sum(domain in one for one in found) for domain in given} | {
        "some": sum(map(bool, found)),
        "all": sum(len(one) == 3 for one in found),
        "one": sum(len(one) == 1 for one in found),
    }
    for name, share in expected.items():
        slack = 4 * (len(found) * share * (1 - share)) ** 0.5
        assert abs(counts[name] - len(found) * share) < slack, name


def test_a_header_that_would_fill_the_row_is_left_out(tokenizer):
    some = [document("x = 1\n", path="p/" * 200 + "a.py")]
    (one,) = read(tokenizer, packed(tokenizer, some, header=1.0))
    assert (one.header, one.text(tokenizer)) == ({}, "x = 1\n")


def test_what_is_left_of_a_row_is_used_or_padded(tokenizer):
    rows = packed(tokenizer, documents(0, 60), 512, 0.5, 0.5)
    for row in rows[:-1]:
        assert row.count(PADDING) < 64
    assert packed(tokenizer, []) == packed(tokenizer, [document("")]) == []


def test_the_same_seed_gives_the_same_rows_and_another_others(tokenizer):
    some = documents(0, 30)
    first, again, other = (packed(tokenizer, some, 128, 0.5, 0.5, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_a_row_depends_on_its_own_documents_alone(tokenizer):
    packer = Packer(tokenizer, 128, 0.5, 0.5, 3)
    some = documents(0, 10)
    alone = [list(packer.rows([one])) for one in some]
    assert alone[::-1] == [list(packer.rows([one])) for one in reversed(some)]
    assert list(packer.rows(some[:4])) == list(Packer(tokenizer, 128, 0.5, 0.5, 3).rows(some[:4]))
