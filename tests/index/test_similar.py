from codekiln.index import Index, Origin
from codekiln.index.similar import similar
from fakes import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
ONE = """import os


def first(path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    return text
"""
OTHER = "class Second:\n    def third(self, items):\n        return [item for item in items]\n"


def index_of(**documents):
    ids = [TOKENIZER.encode(text) for text in documents.values()]
    return Index.of(TOKENIZER, ids, [Origin("mine", f"{name}.py") for name in documents])


def test_the_lines_around_what_is_in_common():
    index = index_of(one=ONE, other=OTHER)
    hits = list(similar(index, "def again(path):\n    with open(path, encoding='utf-8') as f"))
    assert [hit.path for hit in hits] == ["one.py"]
    assert hits[0].text in ONE
    assert hits[0].text.startswith("def first(path):\n") or hits[0].text.startswith(
        "    with open(path"
    )
    assert "return text" in hits[0].text  # what comes behind


def test_a_document_is_shown_once_and_a_deleted_one_never():
    index = index_of(one=ONE + ONE, two=ONE)
    query = "    with open(path, encoding='utf-8') as file:\n"
    assert sorted(hit.path for hit in similar(index, query)) == ["one.py", "two.py"]
    index.shards[0].delete(0)
    assert [hit.path for hit in similar(index, query)] == ["two.py"]


def test_nothing_in_common():
    assert not list(similar(index_of(one=ONE), "fn main() { zebra }"))
    assert not list(similar(index_of(one=ONE), ""))
    assert not list(similar(Index(TOKENIZER, []), ONE))
