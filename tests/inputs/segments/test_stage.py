"""The stage on a corpus whose lines say where they are from: labels, partners, balance, killed runs."""

import re
from collections import Counter
from random import Random

import numpy as np
import pytest

from codekiln.artifact import produce
from codekiln.corpus import CorpusConfig, build_corpus
from codekiln.inputs import RowStore
from codekiln.inputs.segments import stage as stage_module
from codekiln.inputs.segments.stage import STAGE, SegmentsConfig
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING, SEPARATOR
from codekiln.tokenizer.stage import STAGE as TOKENIZER
from codekiln.tokenizer.stage import TokenizerConfig

LENGTH = 192
CONFIG = SegmentsConfig(row_length=LENGTH, seed=3)
LINE = re.compile(r"(\w+?)_(\d+)_line(\d+)")


def write_repository(folder, name, sizes, extension="py"):
    """Files of lines that name repository, file and line."""
    folder.mkdir(parents=True)
    random = Random(name)
    for number, lines in enumerate(sizes):
        text = "".join(
            f"{name}_{number}_line{n} = {'x' * random.randrange(60)}\n" for n in range(lines)
        )
        (folder / f"{number}.{extension}").write_text(text)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("alpha", "beta", "gamma", "delta"):
        write_repository(folder / name, name, [400] * 10)
    write_repository(folder / "lonely", "lonely", [900])
    write_repository(folder / "both", "both", [300] * 5, "py")
    write_repository(folder / "both" / "js", "bothjs", [300] * 5, "js")
    write_repository(folder / "mixed", "mixed", [300], "py")
    write_repository(folder / "mixed" / "js", "mixedjs", [300], "js")
    sources = tuple(f"own:{path}" for path in sorted(folder.iterdir()))
    config = CorpusConfig(sources=sources, held_out=0.2, near_duplicates=1.0)
    work = tmp_path_factory.mktemp("work")
    corpus = build_corpus(config, work, "c")
    tokenizer = produce(TOKENIZER, TokenizerConfig(vocabulary=360), {"corpus": corpus}, work, "t")
    return {"corpus": corpus, "tokenizer": tokenizer}


@pytest.fixture(scope="module")
def segments(given, tmp_path_factory):
    return produce(STAGE, CONFIG, given, tmp_path_factory.mktemp("s"), "s")


def read_back(artifact, given, split):
    """Each row as its two segments, given by (repository, file, first line, last line), and its label."""
    tokenizer = Tokenizer.load(given["tokenizer"].path)
    separator, padding = map(tokenizer.special, (SEPARATOR, PADDING))
    store = RowStore.of(artifact, split)
    for row in store[np.arange(len(store))].tolist():
        *ids, label = row
        while ids[-1] == padding:
            ids.pop()
        assert ids[0] == ids[-1] == tokenizer.end
        middle = ids.index(separator)
        halves = []
        for half in (ids[1:middle], ids[middle + 1 : -1]):
            lines = LINE.findall(tokenizer.decode(half))
            halves.append((*lines[0][:2], int(lines[0][2]), int(lines[-1][2])))
        yield (*halves, label)


def test_labels_say_what_is_next_and_wrong_halves_are_of_another_file(segments, given):
    labels = Counter()
    for split in ("train", "held_out"):
        for first, second, label in read_back(segments, given, split):
            labels[split, label] += 1
            if label:
                assert second[:2] == first[:2]
                assert second[2] == first[3] + 1
            elif first[0].startswith("mixed"):
                assert second[0].startswith("mixed")
                assert second[0] != first[0]
            else:
                assert second[0] == first[0]
                assert second[1] != first[1]
    for split in ("train", "held_out"):
        rows = labels[split, 0] + labels[split, 1]
        statistics = segments.statistics[split]
        assert (statistics["rows"], statistics["next"]) == (rows, labels[split, 1])
        assert abs(labels[split, 1] / rows - 0.5) < 3 * 0.5 / rows**0.5


def test_a_repository_of_one_file_has_no_rows(segments, given):
    repositories = {
        first[0]
        for split in ("train", "held_out")
        for first, _, _ in read_back(segments, given, split)
    }
    assert {"alpha", "beta", "gamma", "delta", "both", "bothjs", "mixed", "mixedjs"} == repositories
    alone = sum(segments.statistics[split]["alone"] for split in ("train", "held_out"))
    assert alone > 10


def test_neither_half_nor_repository_nor_length_tells(segments, given):
    """The best guess from any of these, learned on the rows themselves, is little better than chance."""
    rows = list(read_back(segments, given, "train"))
    tokenizer = Tokenizer.load(given["tokenizer"].path)
    store = RowStore.of(segments, "train")
    lengths = (store[np.arange(len(store))] != tokenizer.special(PADDING)).sum(axis=1) // 4
    clues = {
        "repository": [first[0] for first, _, _ in rows],
        "place of the first half": [first[2] // 30 for first, _, _ in rows],
        "place of the second half": [second[2] // 30 for _, second, _ in rows],
        "length": lengths.tolist(),
    }
    for name, clue in clues.items():
        seen = Counter(zip(clue, (label for *_, label in rows), strict=True))
        right = sum(max(seen[value, 0], seen[value, 1]) for value in set(clue))
        assert right / len(rows) < 0.5 + 1.5 * (len(set(clue)) / len(rows)) ** 0.5, name


def test_the_seed_decides(given, segments, tmp_path):
    other = produce(STAGE, SegmentsConfig(LENGTH, seed=4), given, tmp_path, "s")
    labels = [[label for *_, label in read_back(one, given, "train")] for one in (segments, other)]
    assert labels[0] != labels[1]


@pytest.mark.parametrize("written", [0, 3, 9, 12])
def test_a_killed_run_goes_on_to_the_same_bytes(given, tmp_path, monkeypatch, written):
    monkeypatch.setattr(stage_module, "SHARD_DOCUMENTS", 8)
    whole = produce(STAGE, CONFIG, given, tmp_path / "whole", "s")
    write, done = stage_module.write_shard, []

    def killed(path, array):
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(path)
        write(path, array)

    with monkeypatch.context() as patch:
        patch.setattr(stage_module, "write_shard", killed)
        with pytest.raises(KeyboardInterrupt):
            produce(STAGE, CONFIG, given, tmp_path / "parts", "s")
    parts = produce(STAGE, CONFIG, given, tmp_path / "parts", "s")
    assert len(whole.manifest["files"]) > 5
    assert parts.manifest["files"] == whole.manifest["files"]
    assert parts.statistics == whole.statistics
