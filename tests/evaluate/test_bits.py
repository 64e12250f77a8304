import pytest

from codekiln.errors import SourceError, UsageError
from codekiln.evaluate import token_bits
from codekiln.evaluate.bits import BitsConfig, code_in, evaluate_bits
from codekiln.evaluate.results import open_results
from codekiln.generate.loading import load_engine
from codekiln.inputs.formats import Header, header_ids
from codekiln.tokenizer import Tokenizer
from model_artifacts import model_artifact

FILES = {
    "a.py": "def add(first, second):\n    return first + second\n",
    "b.py": "for item in items:\n    print(item)\n",
    "c.js": "const twice = (n) => n * 2;\n",
    "notes.md": "# Not code\n",
    "empty.py": "",
}


@pytest.fixture
def code(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def test_each_language_is_a_row_and_bits_are_those_of_the_definition(code, tmp_path):
    model = model_artifact(tmp_path / "work")
    made = evaluate_bits(code_in([code]), model, BitsConfig(), tmp_path / "work")
    rows = {row["stratum"]: row for row in made.statistics["table"]}
    assert {name: row["items"] for name, row in rows.items()} == {
        "all 3": 3,
        "python": 2,
        "javascript": 1,
    }
    engine, tokenizer = load_engine(model.path), Tokenizer.load(model.path)
    header = header_ids(tokenizer, Header(language="javascript"))
    bits = token_bits(engine, header, tokenizer.encode(FILES["c.js"])).sum()
    found = rows["javascript"]["figures"]["bits per byte"]["value"]
    assert found == pytest.approx(bits / len(FILES["c.js"]))


def test_a_file_with_another_text_is_another_item(code, tmp_path):
    def names():
        model = model_artifact(tmp_path / "work")
        made = evaluate_bits(code_in([code]), model, BitsConfig(), tmp_path / "work")
        return [item.item for item in open_results(made.path)[1]]

    before = names()
    (code / "b.py").write_text("for item in others:\n    print(item)\n")
    after = names()
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]


def test_files_are_named_with_their_folder_and_only_code_counts(code):
    assert list(code_in([code])) == ["project/a.py", "project/b.py", "project/c.js"]


def test_a_quick_look_says_so(code, tmp_path):
    model = model_artifact(tmp_path / "work")
    made = evaluate_bits(code_in([code]), model, BitsConfig(tasks=2), tmp_path / "work")
    assert made.statistics["table"][0]["stratum"] == "2 of 3, evenly spread"


def test_folders_without_code_are_refused(tmp_path):
    (tmp_path / "notes.md").write_text("# Nothing\n")
    with pytest.raises(UsageError, match="no code in these folders"):
        code_in([tmp_path])
    with pytest.raises(SourceError):
        code_in([tmp_path / "nowhere"])
