"""`codekiln complete`: at a place of a file, between two texts, from stdin."""

import subprocess
import sys

import pytest

from codekiln.tokenizer import Tokenizer

pytestmark = pytest.mark.slow  # whichever comes first waits for the run
TEXT = "import json\n\n\ndef load(path):\n    with open(path) as file:\n        return json.\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.py"
    path.write_text(TEXT)
    return path


def test_json_has_all_of_an_answer(finished, separate, source):
    result = separate(
        "complete", source, "--line", 6, "--model", finished.model, "--json", "--max-tokens", 12
    )
    assert result.code == 0, result.err
    found = result.json
    shown = {"text", "state", "reason", "written", "passages", "context", "verify_ms", "trace_ms"}
    assert set(found) == shown | {"token_ids", "logprobs", "finish_reason", "timings"}
    # The word at the cursor is written anew, and does not count among the 12.
    assert 1 <= len(found["token_ids"]) == len(found["logprobs"]) <= 12 + 4
    assert all(logprob <= 0 for logprob in found["logprobs"])
    assert found["finish_reason"] in ("end", "stop", "length")
    assert found["timings"]["generated_tokens"] == len(found["token_ids"])
    assert found["timings"]["prompt_tokens"] > 10
    assert found["written"] in Tokenizer.load(finished.model).decode(found["token_ids"])
    assert found["written"].startswith(found["text"])
    assert "\n" not in found["written"]
    assert (found["passages"], found["context"]) == ([], None)
    assert result.err == ""


def test_a_terminal_gets_the_text_alone_and_notes_beside_it(finished, codekiln, source):
    command = ["complete", source, "--line", 6, "--model", finished.model]
    found = codekiln(*command, "--json").json
    plain = codekiln(*command)
    assert (plain.code, plain.out) == (0, found["text"] + "\n")
    assert (plain.err == "") == (found["state"] == "verified")


def test_two_texts_are_a_place_in_a_file(finished, codekiln, source, tmp_path):
    at = TEXT.index("path) as")
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_text(TEXT[:at])
    after.write_text(TEXT[at:])
    rest = ["--model", finished.model, "--json", "--path", "source.py"]
    column = len("    with open(") + 1
    in_file = codekiln("complete", source, "--line", 5, "--column", column, *rest)
    files = codekiln("complete", "--prefix-file", before, "--suffix-file", after, *rest)
    piped = codekiln("complete", "--suffix-file", after, *rest, stdin=TEXT[:at].encode())
    assert in_file.code == files.code == piped.code == 0
    assert files.json["token_ids"] == piped.json["token_ids"]
    assert in_file.json["token_ids"] == files.json["token_ids"]


def test_stdin_of_a_process_is_read(finished, separate):
    result = separate("complete", "--model", finished.model, "--json", stdin=TEXT[:40].encode())
    assert result.code == 0, result.err
    assert result.json["token_ids"]


def test_a_seed_repeats_itself_and_another_does_not(finished, codekiln):
    def ids(seed):
        sampling = ["--temperature", 1.0, "--seed", seed, "--max-tokens", 24, "--lines", 0]
        result = codekiln("complete", "--model", finished.model, "--json", *sampling, stdin=b"def ")
        return result.json["token_ids"]

    assert ids(1) == ids(1) != ids(2)


def test_stop_and_lines_end_it(finished, codekiln):
    command = ["complete", "--model", finished.model, "--json", "--max-tokens", 40]
    for more in (["--lines", 0], ["--lines", 0, "--stop", "e"], ["--lines", 2]):
        result = codekiln(*command, *more, stdin=b"def ")
        assert result.code == 0
        text = result.json["text"]
        if "--stop" in more:
            assert "e" not in text
        if "2" in map(str, more):
            assert text.count("\n") <= 1


def test_a_reader_who_leaves_is_no_error(finished):
    command = [sys.executable, "-m", "codekiln", "complete", "--model", str(finished.model)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.close()
        process.stdin.write(b"def ")
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
