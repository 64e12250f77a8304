"""What users of completion servers complain of, held as golden tests: text in front of the cursor, what the
model wrote, and what may be shown.
"""

import numpy as np
import pytest

from codekiln.errors import SourceError
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.serve.watched import WatchedFolder
from fakes import FakeCompleter, FakeEngine, tiny_tokenizer
from serve.http.asking import asking


def shown(pieces, prefix, suffix, language):
    """The same by either format."""
    with asking(pieces) as (client, _):
        tabby = {"language": language, "segments": {"prefix": prefix, "suffix": suffix}}
        first = client.post("/v1/completions", json=tabby).json()["choices"][0]["text"]
        extra = [{"filename": f"other.{language}", "text": "\n"}] if language else []
        llama = {"input_prefix": prefix, "input_suffix": suffix, "input_extra": extra}
        second = client.post("/infill", json=llama).json()["content"]
    assert first == second
    return first


@pytest.mark.parametrize(
    ("language", "prefix", "suffix", "written", "seen"),
    [
        # A bracket or quote that the editor has closed already is not closed again, and what belongs
        # before it is shown.
        ("py", "print(", ")\n", "x)", "x"),
        ("py", "print(", ")\n", "x)\n", "x"),
        ("py", "print(", ")\n", "x", "x"),
        ("py", "foo(bar(", "))\n", "x))", "x"),
        ("py", 'x = "', '"\n', 'abc"', "abc"),
        ("js", "foo(", ");\n", "x);", "x"),
        ("js", "function f() {\n  return g(", ")\n}\n", "x)\n}", "x"),
        ("", "a(", ")\n", "x)", "x"),
        ("go", "func f() {\n\tfmt.Println(", ")\n}\n", '"x")\n}', '"x"'),
        # What stands behind the cursor is not said again.
        ("py", "def f(a):\n    ", "\n    return total\n", "b = a\n    return total", "b = a"),
        ("py", "total = ", "\nprint(total)\n", "1\nprint(total)\n", "1"),
        ("py", "def f():\n    ", "\n    return total\n", "return total", ""),
        # No blanks or blank lines at the end, and nothing that is blank alone.
        ("py", "def f(a):\n    return ", "\n", "a\n\n\n", "a"),
        ("py", "def f(a):\n    return ", "\n", "a   \n    ", "a"),
        ("py", "def f(a):\n    return ", "\n", "\n\n\n", ""),
        ("py", "x = 1", "\n", "   ", ""),
        # Nor at the beginning: the line goes on where the cursor stands.
        ("py", "def f(a):\n    return a", "\n", "\n\n\n", ""),
        # But a line end that somebody needs stays.
        ("py", "x = 1\n", "y = 2\n", "z = 3\n", "z = 3\n"),
    ],
)
def test_nothing_is_shown_twice_and_no_blanks(language, prefix, suffix, written, seen):
    assert shown([written], prefix, suffix, language) == seen


@pytest.mark.parametrize("name", ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>"])
@pytest.mark.parametrize("path", ["/infill", "/v1/completions"])
def test_no_special_token_is_ever_shown(name, path):
    """Though the model wants nothing else."""
    tokenizer = tiny_tokenizer()
    assert tokenizer.knows(name)
    wanted, letter = tokenizer.special(name), tokenizer.encode("x")[0]

    def after(row, prompt):
        logits = np.full(tokenizer.vocabulary_size, -9.0, np.float32)
        logits[[wanted, letter]] = 9, 5
        return logits

    completer = EngineCompleter(FakeEngine(after, tokenizer.vocabulary_size), tokenizer)
    body = {"input_prefix": "a = ", "n_predict": 8, "segments": {"prefix": "a = "}}
    with asking(completer=completer) as (client, _):
        reply = client.post(path, json=body)
    assert reply.status_code == 200
    assert "<" not in reply.text
    told = reply.json()
    text = told.get("content", told.get("choices", [{}])[0].get("text"))
    assert set(text) <= {"x"}


@pytest.mark.parametrize("path", ["/infill", "/v1/completions"])
def test_a_special_tokens_name_in_the_text_is_text(path):
    """Somebody's file about language models is a file."""
    tokenizer, seen = tiny_tokenizer(), []

    def after(row, prompt):
        seen.append(list(row))
        return np.linspace(-1, 1, tokenizer.vocabulary_size).astype(np.float32)

    completer = EngineCompleter(FakeEngine(after, tokenizer.vocabulary_size), tokenizer, heal=False)
    text = 'END = "<|endoftext|>"\nx = '
    body = {"input_prefix": text, "n_predict": 1, "segments": {"prefix": text}}
    with asking(completer=completer) as (client, _):
        assert client.post(path, json=body).status_code == 200
    ids = seen[-1]
    assert ids.count(tokenizer.special("<|endoftext|>")) <= 1  # that which opens every document
    assert '"<|endoftext|>"' in tokenizer.decode(ids)


def test_an_empty_context_says_why(tmp_path):
    """No folder, a folder being indexed, a folder with nothing of use, a folder that went."""

    def why(**more):
        with asking(completer=FakeCompleter(["1"]), **more) as (client, _):
            told = client.post("/infill", json={"input_prefix": "x = "}).json()["codekiln"]
        return told["folder"], told["context"]

    assert why() == ("none: start the server with --repo", None)
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.py").write_text("def only():\n    return 1\n")
    watched = WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work")
    try:
        assert why(folder=watched)[0] == "is being indexed"
        watched.start()
        assert watched.wait(20)
        told, context = why(folder=watched)
        assert told == "indexed: 1 files"
        assert context == {"pieces": [], "dropped": []}
        watched.trouble = str(SourceError("The folder went."))
        assert why(folder=watched)[0] == "The folder went."
    finally:
        watched.close()


def test_a_piece_that_did_not_fit_says_so():
    extra = [{"filename": "big.py", "text": "value = 1\n" * 2000}]
    with asking() as (client, completer):
        told = client.post("/infill", json={"input_prefix": "x = ", "input_extra": extra}).json()
    assert completer.requests[0].context == ""
    [dropped] = told["codekiln"]["context"]["dropped"]
    assert dropped["path"] == "big.py"
    assert dropped["reason"].startswith("too long")
