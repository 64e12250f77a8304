"""The index at a moment: what was put last matches, what it replaced does not."""

import hashlib

import pytest

from codekiln.evaluate.replay.growing_index import SHARDS, GrowingIndex
from codekiln.index import NO_MATCH
from fakes import tiny_tokenizer

ONE = "def one(numbers):\n    return [number * 17 for number in numbers]\n"
TWO = "class Two:\n    def name(self):\n        return 'two of a kind'\n"


@pytest.fixture
def index():
    found = GrowingIndex(tiny_tokenizer(), "project")
    found.begin({"one.py": ONE})
    return found


def knows(index, text):
    """Whether a text stands in the index, all but its end."""
    ids = tiny_tokenizer().encode(text)
    return index.match(ids[:-1]).length == len(ids) - 1


def digests(index):
    return {origin.path: origin.sha256 for origin in index.origins()}


def test_what_was_put_matches(index):
    assert knows(index, "return [number * 17")
    assert not knows(index, "'two of a kind'")
    index.put("two.py", TWO, "abc")
    assert knows(index, "'two of a kind'")
    assert index.draft(tiny_tokenizer().encode("'two of"), 3)
    assert {(o.path, o.revision) for o in index.origins()} == {("one.py", ""), ("two.py", "abc")}


def test_what_was_replaced_or_removed_does_not(index):
    index.put("one.py", TWO, "abc")
    assert not knows(index, "return [number * 17")
    assert digests(index) == {"one.py": hashlib.sha256(TWO.encode()).hexdigest()}
    index.remove("one.py")
    assert index.match(tiny_tokenizer().encode("self")) == NO_MATCH
    assert index.origins() == []
    index.remove("one.py")  # which is gone already


def test_a_file_that_becomes_empty_is_gone(index):
    index.put("one.py", "", "abc")
    assert index.origins() == []


def test_secrets_are_taken_out_as_in_an_index_on_disk(index):
    secret = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"[:36]
    index.put("two.py", f"{TWO}\n\ntoken = '{secret}'\n", "abc")
    assert knows(index, "'two of a kind'")
    assert not knows(index, secret)


def test_many_changes_stay_a_few_shards_and_all_match(index):
    for number in range(5 * SHARDS):
        index.put(f"file{number}.py", f"value_of_{number} = {number} * {number}\n{ONE}", "abc")
        index.put("one.py", f"{ONE}\nlast = {number}\n", "abc")
        assert len(index.index.shards) <= SHARDS
    for number in range(5 * SHARDS):
        assert knows(index, f"value_of_{number} = {number}")
    assert knows(index, f"last = {5 * SHARDS - 1}")
    assert not knows(index, f"last = {5 * SHARDS - 2}\n")
    assert len(digests(index)) == 5 * SHARDS + 1


def test_the_first_files_alone_where_time_is_up():
    index = GrowingIndex(tiny_tokenizer(), "project")
    files = {f"file{number:03}.py": f"{ONE}\nnumber = {number}\n" for number in range(200)}
    asked = []

    def go_on():
        asked.append(1)
        return len(asked) <= 2

    index.begin(files, go_on)
    assert [origin.path for origin in index.origins()] == sorted(files)[:128]
