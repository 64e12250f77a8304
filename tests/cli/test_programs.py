"""`codekiln eval humaneval`, `infilling`, `fix` and `bits`, with the starter model."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.evaluate.programs.stage import ANSWERS
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import load_completer, load_engine, model_folder
from codekiln.sandbox import sandbox
from codekiln.sandbox.backends import Backend
from codekiln.tokenizer import Tokenizer

GAP = {
    "task_id": "SingleLineInfilling/HumanEval/0/L1",
    "prompt": "def total(values):\n    result = 0\n    for value in values:\n",
    "suffix": "    return result\n",
    "entry_point": "total",
    "canonical_solution": "        result += value\n",
    "test": "def check(candidate):\n    assert candidate([1, 2]) == 3\n",
}


@pytest.fixture
def gaps(tmp_path):
    path = tmp_path / "Gaps.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(GAP) + "\n").encode()))
    return path


def test_humaneval_says_model_problems_and_pass_at_k(codekiln, tmp_path):
    quick = ("--tasks", "2", "--max-tokens", "8", "--work", tmp_path)
    shown = codekiln("eval", "humaneval", *quick)
    assert shown.code == 0
    for words in ("HumanEval: starter", "2 of 164, evenly spread", "raw prompt", "pass@1"):
        assert words in shown.out
    told = codekiln("eval", "humaneval", *quick, "--json").json
    facts = told["statistics"]
    assert facts["evaluation"] == "HumanEval"
    assert facts["seed"] == 0
    assert facts["recipe"]
    assert sum(facts["reasons"].values()) == 2
    assert facts["table"][0]["figures"]["pass@1"]["value"] == 0


def test_samples_give_pass_at_more_k(codekiln, tmp_path):
    told = codekiln(
        *("eval", "humaneval", "--tasks", "1", "--max-tokens", "4", "--samples", "3"),
        *("--temperature", "0.8", "--seed", "5", "--work", tmp_path, "--json"),
    ).json
    assert list(told["statistics"]["table"][0]["figures"]) == ["pass@1", "pass@3"]
    assert told["statistics"]["seed"] == 5


def test_a_gap_is_filled_from_both_sides(codekiln, tmp_path, gaps):
    told = codekiln("eval", "infilling", "--data", gaps, "--work", tmp_path, "--json").json
    [row] = told["statistics"]["table"]
    assert row["system"] == "prefix and suffix"
    assert set(row["figures"]) == {"pass@1", "exact"}
    assert told["statistics"]["evaluation"] == "Gaps"


def test_lines_are_written_by_the_model_alone(codekiln, tmp_path):
    """Where the open file is mixed in, its own lines come out more often."""
    same = "    found = blorp_all(values, 17)\n"
    prompt = "".join(
        f"def {name}(values):\n{same}    return {name}_of(found)\n\n\n" for name in ("sum", "max")
    )
    gap = GAP | {"prompt": f"{prompt}def least(values):\n", "canonical_solution": same}
    path = tmp_path / "Gaps.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(gap).encode()))
    drawn = ("--samples", "4", "--temperature", "1", "--max-tokens", "24")
    told = codekiln("eval", "infilling", "--data", path, *drawn, "--work", tmp_path, "--json").json
    (row,) = (Path(told["artifact"]) / ANSWERS).read_text().splitlines()
    starter = Path("starter")
    tokenizer = Tokenizer.load(model_folder(starter))
    plain = EngineCompleter(load_engine(starter), tokenizer)
    request = CompletionRequest(
        *(gap["prompt"], gap["suffix"]), language="python", max_tokens=24, temperature=1, lines=1
    )

    def answers(completer):
        return [collect(completer, replace(request, seed=n)).text + "\n" for n in range(4)]

    assert json.loads(row)["answers"] == answers(plain)
    assert answers(load_completer(starter)) != answers(plain)


def test_fixes_stand_beside_their_baselines(codekiln, tmp_path):
    told = codekiln(
        *("eval", "fix", "--tasks", "1", "--max-tokens", "8", "--tries", "1"),
        *("--prompt", "raw", "--work", tmp_path, "--json"),
    ).json
    rows = {(row["stratum"], row["system"]): row for row in told["statistics"]["table"]}
    systems = {system for _, system in rows}
    assert systems == {
        "copy the input",
        "delete the line",
        "model",
        "model, repair loop of 1 at 0.8",
    }
    assert rows["1 of 30, evenly spread", "copy the input"]["figures"]["pass@1"]["value"] == 0
    assert ("off-by-one", "copy the input") in rows


def test_bits_are_told_by_language(codekiln, tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").write_text("def add(first, second):\n    return first + second\n")
    (code / "b.go").write_text("package main\n\nfunc main() {\n}\n")
    shown = codekiln("eval", "bits", code, "--work", tmp_path / "work")
    assert shown.code == 0
    for words in ("bits per byte", "all 2", "python", "go"):
        assert words in shown.out


def test_a_data_file_that_is_missing_or_damaged_is_refused(codekiln, tmp_path, gaps):
    result = codekiln("eval", "infilling", "--data", tmp_path / "none.gz", "--work", tmp_path)
    assert_refused(result, 2, "none.gz cannot be read", "--data")
    gaps.write_bytes(gaps.read_bytes()[:-9])
    result = codekiln("eval", "infilling", "--data", gaps, "--work", tmp_path, "--json")
    assert_refused_as_json(result, 2, "SourceError", "fetch the file again")


def test_a_chat_needs_a_model_with_a_template(codekiln, tmp_path):
    quick = ("--tasks", "1", "--max-tokens", "4", "--work", tmp_path)
    result = codekiln("eval", "humaneval", "--prompt", "chat", *quick)
    assert result.code == 2
    assert "no chat template: ask it with the raw prompt" in result.err
    assert codekiln("eval", "humaneval", "--prompt", "raw", *quick).code == 0


def test_equal_samples_are_refused(codekiln, tmp_path):
    result = codekiln("eval", "humaneval", "--samples", "2", "--work", tmp_path)
    assert result.code == 2
    assert "set --temperature" in result.err


class Nowhere(Backend):
    """A back end that cannot be used."""

    name = "nowhere"

    def missing(self):
        return "nowhere is not installed"


@pytest.fixture
def no_sandbox(monkeypatch):
    monkeypatch.setattr(sandbox, "BACKENDS", [Nowhere()])
    sandbox._soundest.cache_clear()
    yield
    sandbox._soundest.cache_clear()


@pytest.mark.parametrize("command", [["humaneval"], ["infilling", "--data"], ["fix"]])
@pytest.mark.usefixtures("no_sandbox")
def test_without_a_sandbox_nothing_is_run_and_nothing_passes(codekiln, tmp_path, gaps, command):
    given = [*command, gaps] if "--data" in command else command
    quick = ("--tasks", "1", "--max-tokens", "4", "--work", tmp_path / "work")
    refused = codekiln("eval", *given, *quick, "--json")
    assert_refused_as_json(refused, 1, "SandboxError", "nowhere is not installed", "bubblewrap")
    assert not (tmp_path / "work").exists()


@pytest.mark.usefixtures("no_sandbox")
def test_who_asks_for_it_by_name_runs_without_one(codekiln, tmp_path, gaps):
    given = ("eval", "infilling", "--data", gaps, "--work", tmp_path / "work")
    assert codekiln(*given).code == 1
    assert codekiln(*given, "--unsafe-no-sandbox").code == 0
