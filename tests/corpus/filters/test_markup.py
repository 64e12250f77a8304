"""Text between tags: how much of it a person would see."""

import pytest

from codekiln.corpus.filters import Rules
from codekiln.corpus.filters.markup import html, xml

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


def test_xml_under_another_name_is_told(verdict):
    text = "<?xml version='1.0'?>\n<TS language='de'/>\n".replace("'", '"')
    assert verdict(xml, "a.ts", text) == "xml"
    assert verdict(xml, "a.ts", "x" * 100 + text) == "kept"
    assert verdict(xml, "a.xml", text, Rules(languages=("xml",))) == "kept"
