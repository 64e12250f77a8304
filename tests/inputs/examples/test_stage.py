"""From a file of examples to rows: what is held out, what is left out, what is refused."""

import json

import pytest

from codekiln.artifact import produce
from codekiln.errors import CorpusError
from codekiln.inputs.examples import Example, ExampleRows, read_examples
from codekiln.inputs.examples.stage import ExamplesConfig, stage_of
from fakes import tiny_tokenizer
from inputs.examples.test_rows import unpacked
from model_artifacts import model_artifact

TOKENIZER = tiny_tokenizer()
GOOD = {"context": "def f(a):", "target": " return a"}


def written(path, *entries):
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    return path


def made(tmp_path, files, **settings):
    base = model_artifact(tmp_path / "base")
    config = ExamplesConfig(**{"row_length": 64, **settings})
    state = {split: path.read_text(encoding="utf-8") for split, path in files.items()}
    return produce(stage_of(files), config, {"base": base}, tmp_path, "t", state)


def examples_of(artifact, split):
    rows = ExampleRows.of(artifact, split)
    return list(unpacked(rows[range(len(rows))]))


def test_texts_are_opened_and_closed_and_ids_left_as_they_are(tmp_path):
    given = {"context": [3, 5], "target": [7]}
    path = written(tmp_path / "e.jsonl", GOOD, given)
    (text, group), (ids, other) = read_examples(path, TOKENIZER)
    assert text == Example(
        [TOKENIZER.opening, *TOKENIZER.encode(GOOD["context"])],
        [*TOKENIZER.encode(GOOD["target"]), TOKENIZER.stop],
    )
    assert (ids, group, other) == (Example([3, 5], [7]), "", "")


def test_control_in_a_text_is_text(tmp_path):
    path = written(tmp_path / "e.jsonl", GOOD | {"context": "<fim_prefix>"})
    ((example, _),) = read_examples(path, TOKENIZER)
    assert TOKENIZER.special("<fim_prefix>") not in example.context


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (GOOD | {"target": ""}, "Line 2 of .* has an empty target, .* remove"),
        (GOOD | {"target": []}, "Line 2 of .* has an empty target"),
        (GOOD | {"context": ""}, "Line 2 of .* has an empty context"),
        ({"context": "a"}, "Line 2 of .* is no example .*give objects with"),
        ([], "Line 2 of .* is no example"),
        (GOOD | {"target": 3}, "Line 2 of .* is no example"),
        (GOOD | {"target": [3, "a"]}, "Line 2 of .* is no example"),
        (GOOD | {"target": [10**6]}, "no id of the"),
        (GOOD | {"target": [-1]}, "no id of the"),
    ],
    ids=str,
)
def test_what_is_no_example_is_told_with_its_line(tmp_path, entry, words):
    path = written(tmp_path / "e.jsonl", GOOD, entry)
    with pytest.raises(CorpusError, match=words):
        list(read_examples(path, TOKENIZER))


def test_a_line_that_is_no_json_is_told(tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b"\n\xff{")
    with pytest.raises(CorpusError, match="Line 2"):
        list(read_examples(path, TOKENIZER))


def test_whole_groups_are_held_out(tmp_path):
    entries = [
        {"context": [10 + group, item], "target": [5], "group": f"g{group}"}
        for group in range(20)
        for item in range(6, 9)
    ]
    artifact = made(tmp_path, {"train": written(tmp_path / "e.jsonl", *entries)}, held_out=0.2)
    groups = {
        split: {example.context[0] for example in examples_of(artifact, split)}
        for split in ("train", "held_out")
    }
    assert (len(groups["train"]), len(groups["held_out"])) == (16, 4)
    assert not groups["train"] & groups["held_out"]
    counts = artifact.statistics
    assert counts["train"]["examples"] == 48
    assert counts["held_out"]["examples"] == 12
    assert counts["train"]["target_tokens"] == 48


def test_given_ones_are_held_out_instead(tmp_path):
    files = {
        "train": written(
            tmp_path / "a.jsonl", *({"context": [10 + n], "target": [5]} for n in range(9))
        ),
        "held_out": written(tmp_path / "b.jsonl", {"context": [40], "target": [6]}),
    }
    artifact = made(tmp_path, files)
    assert len(examples_of(artifact, "train")) == 9
    assert examples_of(artifact, "held_out") == [Example([40], [6])]


def test_one_group_cannot_be_shared(tmp_path):
    entries = [GOOD | {"group": "only"}] * 3
    with pytest.raises(CorpusError, match="are of one group"):
        made(tmp_path, {"train": written(tmp_path / "e.jsonl", *entries)})


def test_what_is_too_long_is_counted_and_left_out(tmp_path):
    short = [{"context": [10 + n], "target": [5]} for n in range(8)]
    long = {"context": [6] * 60, "target": [5] * 6}
    fits = {"context": [7] * 60, "target": [5] * 5}
    files = {
        "train": written(tmp_path / "a.jsonl", *short, long, fits),
        "held_out": written(tmp_path / "b.jsonl", *short),
    }
    counts = made(tmp_path, files).statistics["train"]
    assert (counts["examples"], counts["too_long"]) == (9, 1)
    with pytest.raises(CorpusError, match=r"1 are longer than examples\.row_length, 64"):
        made(tmp_path, files | {"train": written(tmp_path / "c.jsonl", long)})
