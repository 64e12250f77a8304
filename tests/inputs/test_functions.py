"""The stage of functions: rows read back as what was written, what is left out, killed runs."""

from collections import Counter

import numpy as np
import pytest

from codekiln.artifact import produce
from codekiln.inputs import RowStore
from codekiln.inputs import functions as stage_module
from codekiln.inputs.formats import DOCUMENTATION
from codekiln.inputs.functions import STAGE, FunctionsConfig, is_telling
from codekiln.languages import Function
from codekiln.tokenizer import Tokenizer
from fakes import tokenized_corpus

CONFIG = FunctionsConfig(code_length=48)
FUNCTION = '''def sum_{n}(one, two):
    """Sum of {n} and two."""
    three = one + two
    return three + {n}


def test_{n}():
    """Tests the sum of two."""
    three = 3
    return three
'''
METHOD = """class A {{
  /** Product of {n} and two. */
  int product(int one) {{
    return one * {n};
  }}
}}
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    files = {f"package{n}/module.py": FUNCTION.format(n=n) for n in range(12)}
    files |= {f"package{n}/A.java": METHOD.format(n=n) for n in range(12)}
    return tokenized_corpus(folder, files, 400)


def test_rows_are_documentation_function_and_a_number_for_the_name(given, tmp_path):
    artifact = produce(STAGE, CONFIG, given, tmp_path, "f")
    tokenizer = Tokenizer.load(given["tokenizer"].path)
    seen, names = set(), set()
    for split in ("train", "held_out"):
        store = RowStore.of(artifact, split)
        assert store.length == DOCUMENTATION + 48 == artifact.statistics["row_length"]
        (languages,) = map(np.load, artifact.files(f"languages-{split}"))
        assert artifact.statistics[split] == {
            "rows": len(store),
            "languages": Counter(languages.tolist()),
        }
        for row, language in zip(store[np.arange(len(store))].tolist(), languages, strict=True):
            text, code = (
                tokenizer.decode(row[:DOCUMENTATION]),
                tokenizer.decode(row[DOCUMENTATION:-1]),
            )
            n = int(text.split()[2])
            seen.add(text)
            assert language == ("python" if text.startswith("Sum") else "java")
            if language == "python":
                whole = f"def sum_{n}(one, two):\n    three = one + two\n    return three + {n}"
            else:
                whole = f"int product(int one) {{\n  return one * {n};\n}}"
                names.add(row[-1])
            assert whole.startswith(code)
            assert len(code) > 20
            assert row[0] == row[DOCUMENTATION] == tokenizer.end
            assert 0 <= row[-1] < tokenizer.vocabulary_size
    assert len(seen) == 24
    assert len(names) == 1


@pytest.mark.parametrize(
    ("telling", "function"),
    [
        (True, Function("price", "What it costs.", "def price():\n  a\n  b")),
        (False, Function("price", "The price.", "def price():\n  a\n  b")),
        (False, Function("price", "What it costs.", "def price():\n  a")),
        (False, Function("runsTestOf", "What it costs.", "def price():\n  a\n  b")),
        (False, Function("__str__", "What it costs.", "def price():\n  a\n  b")),
        (True, Function("__price", "What it costs.", "def price():\n  a\n  b")),
        (False, Function("toString", "What it costs.", "def price():\n  a\n  b")),
    ],
)
def test_what_is_left_out(telling, function):
    assert is_telling(function) == telling


@pytest.mark.parametrize("written", [0, 2, 5])
def test_a_killed_run_goes_on_to_the_same_bytes(given, tmp_path, monkeypatch, written):
    monkeypatch.setattr(stage_module, "SHARD_DOCUMENTS", 4)
    whole = produce(STAGE, CONFIG, given, tmp_path / "whole", "f")
    write, done = stage_module.write_shard, []

    def killed(path, array):
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(path)
        write(path, array)

    with monkeypatch.context() as patch:
        patch.setattr(stage_module, "write_shard", killed)
        with pytest.raises(KeyboardInterrupt):
            produce(STAGE, CONFIG, given, tmp_path / "parts", "f")
    parts = produce(STAGE, CONFIG, given, tmp_path / "parts", "f")
    assert len(whole.manifest["files"]) > 5
    assert parts.manifest["files"] == whole.manifest["files"]
