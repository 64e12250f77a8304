"""Planted problems are found however they are written; everyday code is not taken for one."""

import gzip
import json
import pickle
import re
import textwrap
from importlib import resources
from pathlib import Path

import pytest

from codekiln.corpus.contamination import Benchmarks
from codekiln.corpus.duplicates import token_hashes
from codekiln.errors import SourceError

LIBRARY = Path(textwrap.__file__).parent
HOST = Path(textwrap.__file__).read_text(encoding="utf-8")
PACKAGE = resources.files("codekiln.corpus.contamination")
PROBLEMS = [
    json.loads(line)
    for line in gzip.decompress(PACKAGE.joinpath("HumanEval.jsonl.gz").read_bytes()).splitlines()
]
LICENCE = (
    "# Permission is hereby granted, free of charge, to any person who obtains this file,\n" * 9
)


@pytest.fixture(scope="module")
def benchmarks() -> Benchmarks:
    return Benchmarks.load()


def match(benchmarks: Benchmarks, text: str) -> str:
    return benchmarks.match(text, token_hashes(text))


def planted(text: str) -> str:
    """A real file with a text between two of its functions."""
    place = HOST.index("\ndef fill(")
    return f"{HOST[:place]}\n{text}\n{HOST[place:]}"


def whole(problem: dict[str, str]) -> str:
    return problem["prompt"] + problem["canonical_solution"]


def words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def two_spaces(text: str) -> str:
    return re.sub(r"^ +", lambda found: " " * (len(found[0]) // 2), text, flags=re.MULTILINE)


def tight(text: str) -> str:
    """Tabs, no space around signs, no blank lines, and line ends as on Windows."""
    text = re.sub(r"^ +", lambda found: "\t" * (len(found[0]) // 4), text, flags=re.MULTILINE)
    return re.sub(r" ?([=+*/,<>]+) ?", r"\1", text).replace("\n\n", "\n").replace("\n", "\r\n")


@pytest.mark.parametrize("change", [str, two_spaces, tight])
def test_every_problem_is_found_in_a_file(benchmarks, change):
    found = [match(benchmarks, planted(change(whole(problem)))) for problem in PROBLEMS]
    assert found == [f"HumanEval/{n}" for n in range(164)]


@pytest.mark.parametrize("change", [str, two_spaces, tight])
def test_every_solution_of_some_length_is_found_alone(benchmarks, change):
    long = [problem for problem in PROBLEMS if words(problem["canonical_solution"]) >= 20]
    assert len(long) == 141
    found = [match(benchmarks, planted(change(one["canonical_solution"]))) for one in long]
    assert found == [problem["task_id"] for problem in long]


@pytest.mark.parametrize("field", ["prompt", "test"])
def test_so_is_every_prompt_and_every_test(benchmarks, field):
    found = [match(benchmarks, planted(problem[field])) for problem in PROBLEMS]
    assert found == [problem["task_id"] for problem in PROBLEMS]


def test_a_function_with_another_name_is_still_the_problem(benchmarks):
    found = [
        match(benchmarks, planted(whole(problem).replace(problem["entry_point"], "renamed")))
        for problem in PROBLEMS
    ]
    assert (
        sum(name == problem["task_id"] for name, problem in zip(found, PROBLEMS, strict=True)) > 160
    )


def test_of_a_long_text_half_is_enough_and_a_third_is_not(benchmarks):
    lines = PROBLEMS[129]["prompt"].splitlines(keepends=True)
    assert len(lines) > 20
    assert match(benchmarks, planted("".join(lines[: 2 * len(lines) // 3]))) == "HumanEval/129"
    assert match(benchmarks, planted("".join(lines[: len(lines) // 3]))) == ""


def test_a_short_solution_must_be_there_whole(benchmarks):
    solution = PROBLEMS[3]["canonical_solution"]
    assert 20 <= words(solution) < 32
    assert match(benchmarks, solution) == "HumanEval/3"
    assert match(benchmarks, "\n".join(solution.split())) == "HumanEval/3"
    assert match(benchmarks, solution.replace("False", "None")) == ""


def test_a_solution_of_a_few_words_is_no_evidence_and_its_prompt_is(benchmarks):
    assert PROBLEMS[53]["canonical_solution"] == "    return x + y\n"
    assert match(benchmarks, planted(PROBLEMS[53]["canonical_solution"])) == ""
    assert match(benchmarks, planted(whole(PROBLEMS[53]))) == "HumanEval/53"


def test_the_item_of_which_most_is_there_is_named(benchmarks):
    lines = PROBLEMS[129]["prompt"].splitlines(keepends=True)
    part = "".join(lines[: 2 * len(lines) // 3])
    assert match(benchmarks, f"{part}\n{whole(PROBLEMS[7])}") == "HumanEval/7"


def test_the_standard_library_holds_none(benchmarks):
    files = [*sorted(LIBRARY.glob("[a-h]*.py")), LIBRARY / "test" / "test_grammar.py"]
    texts = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    assert len(texts) > 40
    assert {match(benchmarks, text) for text in texts} == {""}


def test_everyday_code_is_no_item(benchmarks):
    everyday = (
        'def main():\n    pass\n\n\nif __name__ == "__main__":\n    main()\n',
        "for i in range(len(values)):\n    for j in range(i + 1, len(values)):\n        pass\n",
        "    result = []\n    for item in items:\n        result.append(item)\n    return result\n",
        "import math\nfrom typing import List\n\n\ndef f(numbers: List[int]) -> List[int]:\n    pass\n",
        "METADATA = {\n    'author': 'me',\n    'dataset': 'test'\n}\n",
        "while b:\n    a, b = b, a % b\nreturn a\n",
        "",
    )
    assert [match(benchmarks, text) for text in everyday] == [""] * len(everyday)


def test_benchmarks_travel_to_other_processes(benchmarks):
    copy = pickle.loads(pickle.dumps(benchmarks))  # noqa: S301
    assert match(copy, planted(whole(PROBLEMS[12]))) == "HumanEval/12"
    assert match(copy, HOST) == ""


def lines_of(records: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


CODE = "\n".join(f"def rare_{n}(alpha, beta={n}):\n    yield beta << {n}, alpha" for n in range(6))
RECORD = {"task_id": "Mine/1", "content": CODE}
FILES = {
    "mine.jsonl": (lines_of([{"task_id": "Mine/0", "content": "short"}, RECORD]), "Mine/1"),
    "mine.jsonl.gz": (gzip.compress(lines_of([RECORD])), "Mine/1"),
    "mbpp.jsonl": (lines_of([{"task_id": 601, "code": CODE}]), "mbpp/601"),
    "nameless.jsonl": (lines_of([{"text": "no"}, {"text": CODE}]), "nameless/2"),
    "asserts.jsonl": (lines_of([{"id": "A", "test_list": CODE.split("\n")}]), "A"),
    "nested.jsonl": (lines_of([{"name": "N", "tests": {"code": [[CODE], 3]}}]), "N"),
    "strings.json": (json.dumps(["no", CODE]).encode(), "strings/2"),
    "one.json": (json.dumps(RECORD).encode(), "Mine/1"),
    "plain.py": (CODE.encode(), "plain.py"),
    "plain.txt.gz": (gzip.compress(b"\xef\xbb\xbf" + CODE.encode()), "plain.txt"),
    "licensed.py": ((LICENCE + CODE).encode(), "licensed.py"),
    "long.py": (
        "".join(f"x_{n} = call_{n}(y)\n" for n in range(120)).encode() + CODE.encode(),
        "long.py",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_ones_own_is_a_benchmark_too(tmp_path, name):
    content, item = FILES[name]
    (tmp_path / name).write_bytes(content)
    own = Benchmarks.load([tmp_path / name])
    assert match(own, planted(two_spaces(CODE))) == item
    assert match(own, planted(whole(PROBLEMS[0]))) == "HumanEval/0"
    assert match(own, HOST) == match(own, LICENCE) == match(own, planted(LICENCE)) == ""


def test_infilling_records_are_the_program_around_the_hole(tmp_path):
    """Its pieces are no items: a hole may be a line that is in any program."""
    lines = CODE.splitlines(keepends=True)
    records = [
        {
            "task_id": f"Infilling/{n}",
            "prompt": "".join(lines[:n]),
            "canonical_solution": lines[n],
            "suffix": "".join(lines[n + 1 :]),
        }
        for n in range(len(lines))
    ]
    humaneval = [{**problem, "suffix": ""} for problem in PROBLEMS[:9]]
    (tmp_path / "holes.jsonl").write_bytes(lines_of(records + humaneval))
    benchmarks = Benchmarks.load([tmp_path / "holes.jsonl"])
    assert match(benchmarks, planted(CODE)) == "Infilling/0"
    assert match(benchmarks, planted("".join(lines[:3]))) == ""
    assert len(benchmarks.names) == len(Benchmarks.load().names) + 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.jsonl", None, r"cannot be read \(No such file or directory\): name a file"),
        ("cut.jsonl.gz", gzip.compress(lines_of([RECORD]))[:-20], "is damaged: fetch it again"),
        ("flipped.txt.gz", gzip.compress(b"x" * 99)[:15] + b"\xff" * 20, "is damaged: fetch it"),
        ("plain.jsonl.gz", lines_of([RECORD]), "is damaged: fetch it again"),
        ("broken.jsonl", lines_of([RECORD])[:-9], r"is not JSON \(.*\): mend it"),
        ("broken.json", b"{]", r"is not JSON \(.*\): mend it"),
        ("latin.txt", "Grüße".encode("latin-1"), "is not UTF-8 text: convert it first"),
        ("short.jsonl", lines_of([{"prompt": "def f():\n", "n": 7}]), "holds no text of 20 tokens"),
        ("empty.txt", b"", "holds no text of 20 tokens or more: leave it out"),
        ("head.py", LICENCE.encode(), "holds no text of 20 tokens or more: leave it out"),
    ],
)
def test_a_file_that_is_no_benchmark_is_told(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=rf"^The benchmark .*{re.escape(name)} {message}"):
        Benchmarks.load([tmp_path / name])


def test_a_folder_is_no_benchmark(tmp_path):
    with pytest.raises(SourceError, match=r"cannot be read \(Is a directory\): name a file"):
        Benchmarks.load([tmp_path])


def test_the_licence_lies_beside_the_data():
    notice = PACKAGE.joinpath("HumanEval.LICENSE").read_text(encoding="utf-8")
    assert notice.startswith("The MIT License")
    assert "OpenAI" in notice
