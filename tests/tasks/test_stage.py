"""The stage: what a corpus gives, checked and held out; killed runs; benchmarks; bad input."""

import gzip
import json

import pytest
from dulwich import porcelain

from codekiln.artifact import open_work, produce
from codekiln.corpus import CorpusConfig, documents
from codekiln.corpus import build_corpus as build_whole_corpus
from codekiln.errors import ArtifactError, CorpusError, UsageError
from codekiln.tasks import stage as stage_module
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.trial import Trial
from codekiln.tasks.reading import examples, write_rows
from codekiln.tasks.remarks import remarks
from codekiln.tasks.stage import TasksConfig, stage_of
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.stage import STAGE as TOKENIZER
from codekiln.tokenizer.stage import TokenizerConfig
from fakes import build_corpus
from histories import WHO
from runner import run

MODULE = '''from package{n}.helper import helped_{n}


def scaled_{n}(value: int, factor: int = 2) -> int:
    """Scale a value of kind {n} by a factor.

    >>> scaled_{n}(3, 4)
    {result}
    """
    if value < 0:
        return 0
    total = value * factor
    return total + {n}


def used_{n}():
    return helped_{n}(scaled_{n}(1), {n})
'''
HELPER = "def helped_{n}(one, two):\n    return one + two + {n}\n"
CONFIG = TasksConfig(completions=60, implementations=20, bugs=12, context_rate=1.0)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    files = {f"package{n}/module.py": MODULE.format(n=n, result=12 + n) for n in range(10)}
    files |= {f"package{n}/helper.py": HELPER.format(n=n) for n in range(10)}
    corpus = build_corpus(folder, files)
    config = TokenizerConfig(vocabulary=400)
    tokenizer = produce(TOKENIZER, config, {"corpus": corpus}, folder / "work", "t")
    return {"corpus": corpus, "tokenizer": tokenizer}


@pytest.fixture(scope="module")
def made(given, tmp_path_factory):
    return produce(stage_of(run), CONFIG, given, tmp_path_factory.mktemp("work"), "m")


def test_every_answer_gives_the_authors_text_back(made, given):
    seen = set()
    for split in ("train", "held_out"):
        texts = {each.path: each.content for each in documents(given["corpus"], split)}
        for example in examples(made, split):
            seen.add((split, example.task))
            text = texts[example.origin.path]
            if example.task == "completion":
                assert example.prefix + example.target + example.suffix == text
            elif example.task == "implement":
                signature = example.prefix[example.prefix.index("def ") :]
                assert signature + example.target in text
            else:
                trial = Trial.parse(example.trial)
                assert not trial.of(example.code, run).passed
                assert trial.of(Patch.parse(example.target).apply(example.code), run).passed
    assert len(seen) == 6


def test_what_is_held_out_is_of_other_packages(made):
    packages = [
        {example.origin.path.split("/")[-2] for example in examples(made, split)}
        for split in ("train", "held_out")
    ]
    assert all(packages)
    assert not packages[0] & packages[1]


def test_statistics_are_those_of_the_examples(made):
    for split in ("train", "held_out"):
        found = list(examples(made, split))
        figures = made.statistics[split]
        assert figures["examples"] == len(found)
        for task, tables in figures["tasks"].items():
            of_one = [example for example in found if example.task == task]
            assert sum(tables["kinds"].values()) == len(of_one)
            kind, count = next(iter(tables["kinds"].items()))
            assert len(list(examples(made, split, task=task, kind=kind))) == count
        assert figures["became"]["bugs"]["example"] == len(list(examples(made, split, task="fix")))
    total = sum(made.statistics[split]["examples"] for split in ("train", "held_out"))
    assert 40 < total <= 60 + 20 + 12 + 6  # each block rounds up


def test_completions_have_the_context_of_their_package(made):
    related = [each.related for each in examples(made, "train", task="completion") if each.related]
    assert any("def helped_" in text and text.startswith("# ") for text in related)


def test_rows_are_written_for_a_base(made, given, tmp_path):
    tokenizer = Tokenizer.load(given["tokenizer"].path)
    counts = write_rows(made, tokenizer, 300, tmp_path / "rows")
    for split in ("train", "held_out"):
        lines = (tmp_path / "rows" / f"{split}.jsonl").read_text().splitlines()
        assert counts[split]["rows"] == len(lines) > 0
        assert (
            counts[split]["rows"] + counts[split]["too long"] == made.statistics[split]["examples"]
        )
        for line in lines:
            row = json.loads(line)
            assert row["context"][0] == tokenizer.opening
            assert row["target"]
            assert len(row["context"]) + len(row["target"]) <= 300
            assert row["group"] == "code"


def test_rows_of_one_task_are_its_own(made, given, tmp_path):
    tokenizer = Tokenizer.load(given["tokenizer"].path)
    counts = write_rows(made, tokenizer, 300, tmp_path / "rows", "fix")
    for split in ("train", "held_out"):
        known = len(list(examples(made, split, task="fix")))
        assert counts[split]["rows"] + counts[split]["too long"] == known > 0


def test_a_fix_across_both_splits_is_in_neither(given, tmp_path):
    root, work = tmp_path / "project", tmp_path / "work"
    root.mkdir()
    porcelain.init(root).close()
    open_work(work)
    for message, number, names in (
        ("Begin", 0, ["one", "two"]),
        ("Fix both", 1, ["one", "two"]),
        ("Fix one", 2, ["one"]),
        ("Fix two", 3, ["two"]),
    ):
        for name in names:
            (root / f"{name}.py").write_text(f"def {name}():\n    return {number}\n")
            porcelain.add(root, [str(root / f"{name}.py")])
        porcelain.commit(root, message=message.encode(), author=WHO, committer=WHO)
    config = CorpusConfig(sources=(f"own:git:{root}",), commits=9, near_duplicates=1.0)
    corpus = build_whole_corpus(config, work, "c")
    alone = TasksConfig(completions=0, implementations=0, bugs=0)
    made = produce(stage_of(None), alone, {**given, "corpus": corpus}, work, "m")
    found = {}
    for split in ("train", "held_out"):
        (example,) = examples(made, split)
        (document,) = documents(corpus, split)
        found[example.message] = example.origin.path
        assert example.origin.path == document.path
        assert made.statistics[split]["became"]["commits"]["several files"] == 1
    assert found == {"Fix one\n": "one.py", "Fix two\n": "two.py"}


@pytest.mark.parametrize("written", [0, 3, 4])
def test_a_killed_run_goes_on_to_the_same_bytes(given, tmp_path, monkeypatch, written):
    monkeypatch.setattr(stage_module, "SHARD_DOCUMENTS", 4)
    config = TasksConfig(completions=30, implementations=8, bugs=0)
    whole = produce(stage_of(None), config, given, tmp_path / "whole", "m")
    write, done = stage_module.write_atomically, []

    def killed(path, content):
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(path)
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(stage_module, "write_atomically", killed)
        with pytest.raises(KeyboardInterrupt):
            produce(stage_of(None), config, given, tmp_path / "parts", "m")
    parts = produce(stage_of(None), config, given, tmp_path / "parts", "m")
    assert parts.manifest["files"] == whole.manifest["files"]
    assert parts.statistics == whole.statistics


def test_what_stands_in_a_benchmark_is_kept_out(given, made, tmp_path):
    victim = next(each for each in examples(made, "train", task="implement"))
    path = tmp_path / "own.jsonl.gz"
    item = json.dumps({"task_id": "own/1", "text": victim.prefix + victim.target})
    path.write_bytes(gzip.compress(item.encode()))
    config = TasksConfig(completions=60, implementations=20, bugs=0, benchmarks=(str(path),))
    clean = produce(stage_of(None), config, given, tmp_path / "work", "m")
    names = [
        {each.prefix for each in examples(one, "train", task="implement")} for one in (made, clean)
    ]
    assert victim.prefix in names[0] - names[1]
    assert clean.statistics["train"]["became"]["implement"]["in a benchmark"] >= 1


def test_a_corpus_without_documentation_tests_or_history_is_told(tmp_path):
    corpus = build_corpus(
        tmp_path,
        {
            f"p{n}/a.py": f"import os\n\n\ndef f{n}(x):\n    return os.stat(x) + {n}\n"
            for n in range(4)
        },
    )
    tokenizer = produce(
        TOKENIZER, TokenizerConfig(vocabulary=400), {"corpus": corpus}, tmp_path / "work", "t"
    )
    given = {"corpus": corpus, "tokenizer": tokenizer}
    config = TasksConfig(completions=8, implementations=8, bugs=0)
    made = produce(stage_of(None), config, given, tmp_path, "m")
    said = " ".join(remarks(made.statistics))
    assert (
        "No function to implement: of 4 functions most are left out as 'no documentation'" in said
    )
    assert "No history was read" in said
    nothing = TasksConfig(completions=0, implementations=8, bugs=0)
    with pytest.raises(CorpusError, match="The corpus gives no example of any task"):
        produce(stage_of(None), nothing, given, tmp_path, "n")


def test_nothing_is_run_without_somebody_who_can(given, tmp_path):
    with pytest.raises(UsageError, match=r"set tasks\.bugs=0"):
        produce(stage_of(None), CONFIG, given, tmp_path, "m")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bug_languages": ("klingon",)}, "'klingon' is no language that we know"),
        ({"bug_languages": ("css",)}, "Nothing here compiles css: bugs can be tried in"),
        ({"benchmarks": ("no.jsonl",)}, "There is no file no.jsonl of benchmarks"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_done(settings, message):
    with pytest.raises(UsageError, match=message):
        TasksConfig(**settings).check()
    TasksConfig(bug_languages=("python",)).check()


def test_another_artifact_is_refused(given):
    with pytest.raises(ArtifactError, match="holds no examples of tasks"):
        next(examples(given["corpus"], "train"))
