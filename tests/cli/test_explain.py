"""`codekiln explain`: in the terminal, as JSON, as a page."""

import json
import re

import pytest

TEXT = "def fib(n):"
SHORT = ("--max-tokens", "6", "--beams", "2")


@pytest.mark.slow
def test_json_and_page_have_the_same_facts(codekiln, tmp_path):
    page = tmp_path / "out.html"
    result = codekiln("explain", TEXT, *SHORT, "--html", page, "--json")
    assert result.code == 0, result.err
    found = result.json
    assert set(found) == {"model", "explanation", "beams", "attention"}
    assert found["explanation"]["prefix"] == TEXT
    assert found["model"]["vocabulary"] == 16_384
    tokens = len(found["explanation"]["chosen"])
    assert [len(head) for head in found["attention"]["rows"]["7"]] == [tokens] * 8
    html = page.read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="facts">(.*?)</script>', html)
    told = json.loads(data)
    assert told["explanation"]["prompt"] == found["explanation"]["prompt"]


@pytest.mark.slow
def test_a_terminal_gets_the_six_steps_and_no_control(codekiln):
    result = codekiln("explain", "x = '\x1b[2J'\ny = ", *SHORT)
    assert result.code == 0, result.err
    for step in ("1 text", "2 tokens", "3 ids", "4 probabilities", "5 choice", "6 text"):
        assert f"\n{step} " in f"\n{result.out}"
    assert "\x1b" not in result.out


@pytest.mark.slow
def test_an_index_has_its_say_and_is_named(codekiln, tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").write_text("def quagga_of(zebra):\n    return zebra.okapi(7, 'impala')\n")
    known = ("--index", code, "--work", tmp_path / "work")
    found = codekiln(
        "explain", "def quagga_of(zebra):\n    return zebra.", *known, *SHORT, "--json"
    )
    voices = [one["voices"] for one in found.json["explanation"]["chosen"]]
    assert any(voice["expert"] == "repository" for heard in voices for voice in heard)
    alone = codekiln("explain", "def quagga_of(zebra):\n    return zebra.", *SHORT, "--json")
    voices = [one["voices"] for one in alone.json["explanation"]["chosen"]]
    assert not any(voice["expert"] == "repository" for heard in voices for voice in heard)


@pytest.mark.parametrize(
    "options", [("--language", "klingon"), ("--beams", "17"), ("--max-tokens", "0")]
)
def test_what_cannot_be_is_refused(codekiln, options):
    result = codekiln("explain", TEXT, *options)
    assert result.code == 2
    assert "Traceback" not in result.err


@pytest.mark.slow
def test_a_page_that_cannot_be_written_is_a_sentence(codekiln, tmp_path):
    result = codekiln("explain", TEXT, *SHORT, "--html", tmp_path / "missing" / "out.html")
    assert result.code == 2
    assert "--html" in result.err
