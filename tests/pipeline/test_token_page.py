"""The page about a file's tokens: well-formed, all of the text in its colours, safe with any file."""

import re

import pytest

from codekiln.errors import UsageError
from codekiln.languages import languages
from codekiln.pipeline.report.tokens import write_token_page
from codekiln.tokenizer import train_bpe
from codekiln.tokenizer.lexical import analyse
from pages import Page

TEXT = (
    "def find(name):\n"
    "    # 日本 </pre><script>alert(1)</script>\n"
    "    return table.find('<b>' + name, \"\u202e\x1b\")\n"
)
NAME = "<img src=x onerror=alert(1)>.py"


@pytest.fixture(scope="module")
def tokenizer():
    return train_bpe(iter([TEXT] * 9), 360)


@pytest.fixture
def html(tokenizer, tmp_path):
    write_token_page(analyse(tokenizer, TEXT, languages()["python"]), NAME, tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def spans(html):
    """Each token's title, and the class and text of each of its parts."""
    body = html[html.index('<pre class="tokens"') : html.index("</pre>")]
    whole = re.findall(
        r'<span( class="cross")? title="([^"]*)">((?:<span.*?</span>)+)</span>', body, re.S
    )
    return [
        (bool(cross), title, re.findall(r'<span class="(\w+)">(.*?)</span>', inner, re.S))
        for cross, title, inner in whole
    ]


def test_every_token_is_there_with_its_id_kind_and_bytes(html, tokenizer):
    ids = tokenizer.encode(TEXT)
    found = spans(html)
    assert len(found) == len(ids)
    for (_, title, _), token in zip(found, ids, strict=True):
        assert title.startswith(f"{token}: ")
        assert title.endswith(f"bytes {tokenizer.bytes_of(token).hex(' ')}")
    titles = {title.partition(": ")[2] for _, title, _ in found}
    assert "keyword, bytes 64 65 66" in titles


def test_what_crosses_is_marked_and_its_parts_have_their_own_colours(html, tokenizer):
    crossing = [
        token for token in analyse(tokenizer, TEXT, languages()["python"]).tokens if token.crosses
    ]
    marked = [(title, parts) for cross, title, parts in spans(html) if cross]
    assert len(marked) == len(crossing) > 0
    for (title, parts), token in zip(marked, crossing, strict=True):
        assert f"crosses {' and '.join(token.kinds)}" in title
        assert [kind for kind, _ in parts] == [kind for *_, kind in token.parts]


def test_it_runs_nothing_and_shows_what_hides(html):
    page = Page(html)
    assert not page.links
    assert not {"script", "img", "b"} & {tag for tag, _ in page.tags}
    assert "alert(1)</script>" in page.text
    assert NAME in page.text
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert len(page.ids) == len(set(page.ids))


def test_the_figures_are_those_of_the_file(html, tokenizer):
    page = Page(html)
    count = len(tokenizer.encode(TEXT))
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="n">([\d,]+)<', html)
    assert sum(int(tokens) for _, tokens in rows) == count
    assert f"{len(TEXT.encode()) / count:.2f}" in page.text


def test_a_file_without_a_grammar_says_so(tokenizer, tmp_path):
    write_token_page(
        analyse(tokenizer, "my $x;\n", languages()["perl"]), "a.pl", tmp_path / "page.html"
    )
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "There is no grammar for perl, so every token is of kind text." in page.text


def test_an_empty_file_has_a_page(tokenizer, tmp_path):
    write_token_page(analyse(tokenizer, "", None), "a", tmp_path / "page.html")
    assert Page((tmp_path / "page.html").read_text(encoding="utf-8")).headings[0] == 1


def test_a_place_that_cannot_be_written_is_told(tokenizer, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_token_page(analyse(tokenizer, "", None), "a", tmp_path / "none" / "page.html")
