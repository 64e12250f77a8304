"""The sample: a share for each language, no repository too much, the same whatever the order."""

from collections import Counter

import pytest

from codekiln.corpus import CorpusConfig, build_corpus, documents
from codekiln.tokenizer import sample
from codekiln.tokenizer.sample import choose, shares

DOCUMENT = 600  # bytes that no document has
FILES = {  # repository: (ending, files)
    "large": ("py", 120),
    "small": ("py", 24),
    "tiny": ("py", 3),
    "service": ("go", 30),
    "plugin": ("lua", 4),
}
TEXTS = {
    "py": "def {name}(value):\n    return value * {n}\n\n\n",
    "go": "func {name}(value int) int {{\n\treturn value * {n}\n}}\n\n",
    "lua": "local function {name}(value)\n  return value * {n}\nend\n\n",
}
HEADS = {"py": "", "go": "package main\n\n", "lua": ""}


def write(folder, repository):
    ending, files = FILES[repository]
    path = folder / repository
    path.mkdir(parents=True)
    for file in range(files):
        names = (f"{repository}_{file}_{n}" for n in range(8))
        text = "".join(TEXTS[ending].format(name=name, n=file) for name in names)
        (path / f"file{file}.{ending}").write_text(HEADS[ending] + text)
    return f"own:{path}"


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """The same sources in one order and in the other."""
    folder = tmp_path_factory.mktemp("corpora")
    sources = [write(folder / "code", repository) for repository in FILES]
    settings = {"near_duplicates": 1.0, "held_out": 0.1}
    return [
        build_corpus(CorpusConfig(sources=tuple(order), **settings), folder / name, "c")
        for name, order in (("forth", sources), ("back", sources[::-1]))
    ]


def weights(rows, key):
    sizes = Counter()
    for row in rows:
        sizes[getattr(row, key)] += len(row.content.encode())
    return sizes


def test_an_equal_share_is_cut_to_what_there_is():
    assert shares({"a": 100, "b": 10, "c": 100}, 90, 0) == {"b": 10, "a": 40, "c": 40}


def test_a_share_grows_with_a_power_of_the_size():
    assert shares({"a": 900, "b": 100}, 40, 0.5) == {"b": 10, "a": 30}
    assert shares({"a": 900, "b": 100}, 40, 1.0) == {"b": 4, "a": 36}


def test_all_is_given_where_there_is_room_and_nothing_where_there_is_nothing():
    assert shares({"a": 100, "b": 10}, 1000, 0.5) == {"b": 10, "a": 100}
    assert shares({}, 1000, 0.5) == {}


def test_everything_is_taken_where_it_fits(corpora):
    train = list(documents(corpora[0], "train"))
    chosen = choose(corpora[0], 10**9)
    assert list(chosen.documents()) == train
    assert chosen.bytes == weights(train, "language").total()


def test_languages_and_repositories_have_their_shares(corpora):
    limit = 20_000
    train, chosen = list(documents(corpora[0], "train")), choose(corpora[0], limit)
    rows = list(chosen.documents())
    taken, whole = weights(rows, "language"), weights(train, "language")
    assert chosen.bytes == taken.total()
    for language, share in shares(whole, limit, sample.POWER).items():
        assert share - DOCUMENT < taken[language] <= share
    assert taken["lua"] == whole["lua"]
    repositories = weights(rows, "repository")
    assert repositories["small"] > 0.6 * repositories["large"]
    assert repositories["tiny"] == weights(train, "repository")["tiny"]


def test_the_order_of_the_sources_changes_nothing(corpora):
    for limit in (3000, 20_000, 50_000):
        forth, back = (list(choose(corpus, limit).documents()) for corpus in corpora)
        assert {row.sha256 for row in forth} == {row.sha256 for row in back}


def test_a_larger_sample_holds_most_of_a_smaller_one(corpora):
    few, many = (
        {row.sha256 for row in choose(corpora[0], limit).documents()} for limit in (10_000, 20_000)
    )
    assert len(few - many) <= 0.1 * len(few)


def test_a_limit_below_every_document_takes_none(corpora):
    chosen = choose(corpora[0], 10)
    assert (chosen.bytes, list(chosen.documents())) == (0, [])
