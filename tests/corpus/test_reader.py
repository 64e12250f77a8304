"""What is read back from a corpus is what went in: contents, splits, copies, rejections."""

import pytest

from codekiln.artifact import open_artifact
from codekiln.corpus import copies, document_sizes, documents, entries, rejected
from codekiln.errors import ArtifactError

LONG = "".join(f"def number_{n}(value):\n    return value + {n}\n\n\n" for n in range(40))
KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9" * 2


@pytest.fixture
def code(tmp_path):
    """Two files that are equal, two that are alike, one with a secret, one that is no text."""
    root = tmp_path / "code"
    for name, text in {
        "a/first.py": "def first():\n    return 1\n",
        "b/second.py": "def first():\n    return 1\n",
        "c/long.py": LONG,
        "d/longer.py": LONG + "extra = 1\n",
        "e/key.py": f"token = '{KEY}'\n",
        "f/empty.py": "",
    }.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    (root / "g.py").write_bytes(b"\0\1\2")
    return root


@pytest.fixture
def corpus(make, code):
    return make(code, near_duplicates=0.7, held_out=0.2)


def everything(corpus):
    return [*documents(corpus, "train"), *documents(corpus, "held_out")]


def test_every_document_comes_back_with_where_it_is_from(corpus, code):
    rows = {row.path: row for row in everything(corpus)}
    assert rows.keys() == {"a/first.py", "d/longer.py", "e/key.py"}
    assert rows["d/longer.py"].content == LONG + "extra = 1\n"
    for row in rows.values():
        assert (row.source, row.repository, row.language) == (f"own:{code}", "code", "python")
        assert row.licence_from == "own"
        assert row.time == int((code / row.path).stat().st_mtime)
        assert row.group.startswith(f"own:{code}#code/{row.path[0]}")


def test_no_secret_is_anywhere_in_a_corpus(corpus):
    (row,) = [row for row in everything(corpus) if row.path == "e/key.py"]
    assert KEY not in row.content
    assert corpus.statistics["redacted"].popitem()[1] == 1
    for path in corpus.path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_a_document_is_in_one_split_alone(corpus):
    train, held = ({row.path for row in documents(corpus, name)} for name in ("train", "held_out"))
    assert train
    assert held
    assert not train & held


def test_entries_are_the_documents_without_their_contents(corpus):
    for split in ("train", "held_out"):
        assert [tuple(entry) for entry in entries(corpus, split)] == [
            (row.source, row.repository, row.language, row.sha256, len(row.content.encode()))
            for row in documents(corpus, split)
        ]


def test_what_was_left_out_says_why_and_for_what(corpus, code):
    rows = {row.path: row for row in rejected(corpus)}
    reasons = {path: row.reason for path, row in rows.items()}
    assert reasons == {
        "b/second.py": "duplicate",
        "c/long.py": "near-duplicate",
        "f/empty.py": "empty",
        "g.py": "binary",
    }
    assert rows["b/second.py"].detail == f"same as own:{code}/a/first.py"
    assert rows["c/long.py"].detail == f"same as own:{code}/d/longer.py"
    assert rows["c/long.py"].head == LONG[:1000]
    assert rows["g.py"].bytes == 3


def test_copies_stand_beside_what_stayed(corpus):
    (pair,) = copies(corpus, "near-duplicate", 5)
    assert (pair.dropped.path, pair.kept.path) == ("c/long.py", "d/longer.py")
    assert pair.kept.content.startswith(pair.dropped.content)
    (pair,) = copies(corpus, "duplicate", 5)
    assert pair.dropped.content == pair.kept.content
    assert copies(corpus, "duplicate", 0) == []


def test_sizes_are_counted_by_powers_of_two(corpus):
    sizes = [len(row.content.encode()) for row in everything(corpus)]
    counts = document_sizes(corpus)
    assert sum(counts.values()) == len(sizes)
    for power, count in counts.items():
        assert sum(2 ** (power - 1) <= size < 2**power for size in sizes) == count


def test_another_artifact_is_not_read(corpus, tmp_path):
    (source,) = (tmp_path / "work/source").glob("*[!k]")
    with pytest.raises(ArtifactError, match="is not the artifact meant here"):
        list(documents(open_artifact(source), "train"))
