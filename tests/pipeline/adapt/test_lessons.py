"""Lessons: all of a text is learned once, completions are asked for, only new lines come again."""

import json

import pytest

from codekiln.artifact import produce
from codekiln.corpus import documents
from codekiln.errors import CorpusError
from codekiln.evaluate.replay.history import History
from codekiln.pipeline.adapt.lessons import LESSONS, LessonsConfig, new_spans
from codekiln.pipeline.adapt.split import corpus_of
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import FIM_SUFFIX
from model_artifacts import model_artifact

CONFIG = LessonsConfig(row_length=128)


def function(name):
    return (
        f"def {name}(first, second):\n"
        f"    total = first + second\n"
        f"    print('{name}', total)\n"
        f"    return total\n\n\n"
    )


FILES = {f"m{n}.py": "".join(function(f"add_{n}_{k}") for k in range(20)) for n in range(6)}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def base(work):
    return model_artifact(work)


def corpus(files, work):
    return corpus_of(History("project", "", "", files, [], "commits"), work)


def lessons(work, base, files, known=None, config=CONFIG):
    inputs = {"corpus": corpus(files, work), "tokenizer": base}
    if known:
        inputs["known"] = corpus(known, work)
    return produce(LESSONS, config, inputs, work, "t")


def rows(made, split):
    return list(map(json.loads, made.file(f"{split}.jsonl").read_text().splitlines()))


def examples(made, base):
    """Of both splits, as texts."""
    tokenizer = Tokenizer.load(base.path)
    return {
        split: [
            tuple(tokenizer.decode(row[part]) for part in ("context", "target"))
            for row in rows(made, split)
        ]
        for split in ("train", "held_out")
    }


def test_every_file_is_learned_as_text_and_completed(work, base):
    made = lessons(work, base, FILES)
    known = [d.content for d in documents(corpus(FILES, work), "train")]
    assert made.statistics["files"] == len(known) > 1
    tokenizer = Tokenizer.load(base.path)
    found = [row for split in ("train", "held_out") for row in rows(made, split)]
    asked = [row for row in found if tokenizer.special(FIM_SUFFIX) in row["context"]]
    assert len(asked) >= len(known)
    plain = "".join(tokenizer.decode(row["target"]) for row in found if row not in asked)
    assert all(text in plain for text in known)
    sizes = made.statistics["train"]
    assert sizes["target_tokens"] < sizes["tokens"]


def test_no_row_is_too_long(work, base):
    made = lessons(work, base, FILES)
    for split in ("train", "held_out"):
        for row in rows(made, split):
            assert 0 < len(row["context"]) + len(row["target"]) <= CONFIG.row_length + 1


def test_held_out_files_are_others(work, base):
    found = examples(lessons(work, base, FILES), base)
    paths = {
        split: {n for n in FILES for context, _ in pairs if n in context}
        for split, pairs in found.items()
    }
    assert all(paths.values())
    assert not paths["train"] & paths["held_out"]


def test_of_one_file_some_examples_are_held_out(work, base):
    made = lessons(work, base, {"one.py": "".join(FILES.values())})
    assert made.statistics["train"]["examples"] > made.statistics["held_out"]["examples"] > 0


def test_only_new_lines_are_learned_again(work, base):
    newer = {**FILES, "m1.py": FILES["m1.py"] + "".join(function(f"later_{k}") for k in range(9))}
    made = lessons(work, base, newer, known=FILES)
    found = [pair for pairs in examples(made, base).values() for pair in pairs]
    assert made.statistics["files"] == 1
    text = "".join(target for _, target in found)
    assert all(f"later_{k}" in text for k in range(9))
    assert not any("add_" in target for _, target in found)
    assert any("return total\n" in context for context, _ in found)  # what stands before is shown


def test_too_little_is_told(work, base):
    with pytest.raises(CorpusError, match="too little new code"):
        lessons(work, base, {"m.py": "first = 1\n"})
    with pytest.raises(CorpusError, match="too little new code"):
        lessons(work, base, FILES, known=FILES)


def test_large_folders_are_sampled(work, base):
    small = LessonsConfig(row_length=128, characters=100)
    assert lessons(work, base, FILES, config=small).statistics["files"] == 1


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ("", "a\nb\n", ["a\nb\n"]),
        ("a\nb\n", "a\nb\n", []),
        ("a\nb\n", "a\nc\nb\nd\n", ["c\n", "d\n"]),
        ("a\nb\n", "a\n", []),
        ("a\n", "b", ["b"]),
    ],
)
def test_new_lines_are_found(before, after, new):
    assert [after[start:end] for start, end in new_spans(before, after)] == new
