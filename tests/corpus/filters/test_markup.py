"""Text between tags: how much of it a person would see."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.filters import Rules
from codekiln.corpus.filters.markup import html, visible_text, xml

WORDS = "Some words that a person reads. " * 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<html><body><p>{WORDS}</p></body></html>", "kept"),
        (f"<html><body><p>{WORDS[:90]}</p></body></html>", "little-visible-text"),
        (f"<p>{WORDS}</p><!-- {'x' * 2000} -->", "little-visible-text"),
        (f"<p>{WORDS}</p><script>{'x();' * 500}</script>", "little-visible-text"),
        (f"<STYLE>{'a{b:c}' * 100}</STYLE><p>{WORDS}</p>", "kept"),
        (f"<p>{WORDS}</p><script>never closed", "kept"),
    ],
)
def test_html_shows_something(verdict, text, expected):
    assert verdict(html, "a.html", text) == expected
    assert verdict(html, "a.py", text) == "kept"


class Reader(HTMLParser):
    """What Python's own parser takes for text, with a space where a tag or a comment was."""

    def __init__(self, text):
        super().__init__()
        self.pieces = []
        self.feed(text)
        self.close()

    def handle_data(self, data):
        self.pieces.append(" " if self.cdata_elem else data)

    def _hidden(self, *_):
        self.pieces.append(" ")

    handle_starttag = handle_endtag = handle_comment = handle_decl = handle_pi = _hidden


SEEN = st.text("ab \n-'\"/=é", max_size=8)
SCRIPT = st.text("ab <>&'\"\n=/", max_size=8).filter(lambda text: "</" not in text)
PIECES = st.one_of(
    SEEN,
    st.sampled_from(
        ["<p>", "</p>", "<br/>", "<P class='a b'>", '<a\n href="b">', "<styled>", "<s>"]
    ),
    st.sampled_from(["<!doctype html>", "<?xml version='1.0'?>"]),
    st.builds("<!-- {} -->".format, st.text("ab <>/!p\n", max_size=8)),
    st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["script", "STYLE"]), SCRIPT),
    st.builds("<script src='a'>{}</SCRIPT\n>".format, SCRIPT),
)


@given(st.lists(PIECES).map("".join))
def test_what_is_seen_is_what_a_parser_finds(text):
    assert visible_text(text) == " ".join("".join(Reader(text).pieces).split())


@pytest.mark.parametrize("text", ["a <!-- b <p>c</p>", "a <script>b</style>c", "a <p b", "a <!-"])
def test_what_is_never_closed_hides_the_rest(text):
    assert visible_text(text) == "a"


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<", "<script>", "<style", "-->", "</script ", "<script></script", "<!-- <style>"],
)
def test_a_hostile_megabyte_is_read_in_one_pass(piece):
    begun = time.process_time()
    visible_text(piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 10


def test_xml_under_another_name_is_told(verdict):
    text = "<?xml version='1.0'?>\n<TS language='de'/>\n".replace("'", '"')
    assert verdict(xml, "a.ts", text) == "xml"
    assert verdict(xml, "a.ts", "x" * 100 + text) == "kept"
    assert verdict(xml, "a.xml", text, Rules(languages=("xml",))) == "kept"
