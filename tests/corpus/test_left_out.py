"""Samples of what a rule left out, for a person to judge the rule by."""

import pytest

from codekiln.corpus import reasons, samples
from codekiln.errors import UsageError


@pytest.fixture
def corpus(make, folder):
    for number in range(5):
        (folder / f"bad{number}.py").write_bytes(b"\0")
        (folder / f"copy{number}.py").write_text("def one():\n    return 1\n")
    return make(folder)


def test_every_reason_is_counted(corpus):
    assert reasons(corpus) == {"binary": 5, "duplicate": 5}


def test_a_few_files_of_one_reason(corpus):
    (found,) = samples(corpus, ["binary"], 3)
    assert (found.reason, found.count) == ("binary", 5)
    assert [row.path for row in found.rejections] == ["bad0.py", "bad1.py", "bad2.py"]
    assert found.pairs == []


def test_copies_come_in_pairs(corpus):
    (found,) = samples(corpus, ["duplicate"], 9)
    assert found.rejections == []
    assert len(found.pairs) == 5
    assert {pair.kept.content for pair in found.pairs} == {"def one():\n    return 1\n"}


def test_several_reasons_at_once_in_the_order_asked_for(corpus):
    found = samples(corpus, ["duplicate", "binary"], 2)
    assert [sample.reason for sample in found] == ["duplicate", "binary"]
    assert [len(sample.pairs) + len(sample.rejections) for sample in found] == [2, 2]
    assert samples(corpus, [], 2) == []


def test_a_reason_that_took_no_file_is_told_with_those_that_did(corpus):
    with pytest.raises(UsageError, match="the reasons here are binary, duplicate"):
        samples(corpus, ["generated"], 3)
