"""The page that compares vocabularies: well-formed, self-contained, true to the figures."""

import pytest

from codekiln.errors import UsageError
from codekiln.evaluate.tokenization import Fit, LanguageFit
from codekiln.pipeline.report.vocabularies import table_row, total, write_vocabulary_page
from fakes import build_corpus
from pages import Page

SIZES = {"<mine>": 16_384, "GPT-4": 100_277}
ROWS = [
    LanguageFit(
        "python",
        9,
        8000,
        {"<mine>": Fit(8000, 2500, 2500, 250), "GPT-4": Fit(8000, 2000, 2000, 300)},
    ),
    LanguageFit("perl", 1, 100, {"<mine>": Fit(100, 50, 0, 0), "GPT-4": Fit(100, 50, 0, 0)}),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    files = {f"a{n}/b.py": f"def f{n}():\n    return {n}\n" for n in range(4)}
    return build_corpus(tmp_path_factory.mktemp("corpus"), files)


def test_figures_are_those_of_a_calculation_by_hand():
    mine, peer = table_row(ROWS[0]).cells
    assert (mine.bytes_per_token, mine.more_tokens, mine.crossing) == ("3.20", "+25.0%", "10.0%")
    assert (peer.bytes_per_token, peer.more_tokens, peer.crossing) == ("4.00", "", "15.0%")
    assert (mine.bar, peer.bar) == (80, 100)
    assert (mine.ours, peer.ours) == (True, False)
    assert [cell.crossing for cell in table_row(ROWS[1]).cells] == ["", ""]


def test_all_languages_together_are_their_sums():
    row = total(ROWS)
    assert (row.language, row.files, row.bytes) == ("all", 10, 8100)
    assert row.fits["<mine>"] == Fit(8100, 2550, 2500, 250)


def test_the_page_holds_them_and_loads_nothing(corpus, tmp_path):
    write_vocabulary_page(corpus, SIZES, ROWS, tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert not page.links
    assert "mine" not in {tag for tag, _ in page.tags}
    for words in ("<mine>", "16,384 entries", "3.20", "+25.0%", "15.0%", "perl", "all"):
        assert words in page.text
    assert page.text.count("perl") == 1  # it has no lexemes, so it is not in the second table


def test_a_place_that_cannot_be_written_is_told(corpus, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_vocabulary_page(corpus, SIZES, ROWS, tmp_path / "none" / "page.html")
