"""`codekiln tokenizer`: a file's tokens in text, as a page and as JSON; and what it refuses."""

import re
import sys

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.tokenizer import FILE_NAME, train_bpe
from fakes import build_corpus

TEXT = "def find(name):\n    return table.find('日', name)\n"


@pytest.fixture
def tokenizer(tmp_path):
    return train_bpe(iter([TEXT.replace("日", "day")] * 9), 340)


@pytest.fixture
def show(codekiln, tokenizer, tmp_path):
    """Gives the command for a file that is written first."""
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    (folder / FILE_NAME).write_text(tokenizer.definition, encoding="utf-8")

    def give(name, content, *more):
        (tmp_path / name).write_bytes(content)
        return codekiln("tokenizer", "show", tmp_path / name, "--tokenizer", folder, *more)

    return give


def test_every_token_stands_over_its_id_and_its_kind(show, tokenizer):
    result = show("a.py", TEXT.encode())
    assert result.code == 0, result.err
    blocks = [block.split("\n") for block in result.out.split("\n\n")][:-1]
    ids = [int(number) for block in blocks for number in block[1].split()]
    assert ids == tokenizer.encode(TEXT)
    texts, numbers, kinds = (row.split() for row in blocks[0])
    assert len(texts) == len(numbers) == len(kinds)
    assert (texts[0], kinds[0]) == ("def", "key")
    assert "↵" in texts[-1]
    assert "·return" in result.out
    assert "pun+ide" in result.out
    assert re.search(r"‹e6[ \d\w]*›", result.out)  # a piece of a character
    assert f"{len(ids)} tokens, {len(TEXT.encode())} bytes" in result.out


def test_as_json_it_is_all_of_the_file(show, tokenizer):
    found = show("a.py", TEXT.encode(), "--json").json
    assert (found["language"], found["note"]) == ("python", "")
    assert [token["id"] for token in found["tokens"]] == tokenizer.encode(TEXT)
    assert bytes.fromhex("".join(token["bytes"] for token in found["tokens"])) == TEXT.encode()
    assert found["bytes"] == len(TEXT.encode())
    assert found["crossing"] == sum(token["crosses"] for token in found["tokens"])
    assert found["tokens"][0] | {"id": 0} == {
        "id": 0,
        "text": "def",
        "bytes": "646566",
        "start": 0,
        "kinds": ["keyword"],
        "crosses": False,
    }


def test_a_page_is_written_where_it_is_wanted(show, tmp_path):
    out = tmp_path / "page.html"
    assert show("a.py", TEXT.encode(), "--html", out).out.strip() == out.as_uri()
    assert 'class="tokens"' in out.read_text(encoding="utf-8")
    assert show("a.py", TEXT.encode(), "--html", out, "--json").json["html"] == str(out)


def test_a_file_in_no_known_language_is_text_and_it_says_so(show):
    result = show("a.unknown", b"some words\n")
    assert result.code == 0
    assert "Nothing tells the language of the file, so every token is of kind text." in result.out
    assert show("a.unknown", b"some words\n", "--json").json["note"].startswith("Nothing tells")


def test_nothing_in_a_file_steers_the_terminal(show):
    assert "\x1b" not in show("a.py", b"x = '\x1b[31m[bold]'\n").out
    assert "[bold]" in show("a.py", b"x = '[bold]'\n").out.replace("  ", "").replace("\n", "")


def test_an_empty_file_has_no_tokens(show):
    assert "0 tokens, 0 bytes" in show("a.py", b"").out


def test_what_is_no_text_is_refused(show):
    assert_refused(show("a.py", b"x = '\xff'\n"), 2, "is not UTF-8 (byte 6): convert it")
    assert_refused_as_json(show("b.py", b"\0", "--json"), 2, "UsageError", "is a binary file")


def test_a_folder_without_a_tokenizer_is_refused(codekiln, tmp_path):
    (tmp_path / "a.py").write_text(TEXT)
    for folder in (tmp_path, tmp_path / "none"):
        result = codekiln("tokenizer", "show", tmp_path / "a.py", "--tokenizer", folder)
        assert_refused(result, 1, "holds no tokenizer.json: give a folder that does")
    assert_refused(codekiln("tokenizer", "show", tmp_path / "a.py"), 2, "--tokenizer")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    files = {f"package{n}/module.py": TEXT.replace("find", f"find_{n}") * 9 for n in range(6)}
    return build_corpus(tmp_path_factory.mktemp("corpus"), files)


@pytest.fixture
def compare(codekiln, corpus, tokenizer, tmp_path):
    pytest.importorskip("bpe_openai")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / FILE_NAME).write_text(tokenizer.definition, encoding="utf-8")
    return lambda *more: codekiln("tokenizer", "report", corpus.path, "--tokenizer", folder, *more)


def test_tokenizers_are_compared_by_language(compare, tmp_path):
    result = compare("--out", tmp_path / "page.html")
    assert result.code == 0, result.err
    found = compare("--json").json
    assert list(found["vocabularies"]) == ["mine", "GPT-4o", "GPT-4"]
    figures = found["languages"]["python"]
    for name, tokens in figures["tokens"].items():
        expected = figures["bytes"] / tokens
        assert figures["bytes_per_token"][name] == pytest.approx(expected, abs=1e-4)
        assert f"{expected:.2f}" in result.out
    assert "report" not in found
    assert "vocabularies compared" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_without_any_tokenizer_the_known_ones_are_compared(codekiln, corpus):
    pytest.importorskip("bpe_openai")
    found = codekiln("tokenizer", "report", corpus.path, "--json").json
    assert list(found["vocabularies"]) == ["GPT-4o", "GPT-4"]


def test_without_the_extra_it_says_how_to_get_it(codekiln, corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    result = codekiln("tokenizer", "report", corpus.path)
    assert_refused(result, 1, "pip install 'codekiln[compare]'")


def test_what_is_no_corpus_is_refused(codekiln, tmp_path):
    pytest.importorskip("bpe_openai")
    assert_refused(codekiln("tokenizer", "report", tmp_path), 1, "is no artifact")
