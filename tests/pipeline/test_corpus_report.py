"""The page about a corpus: well-formed, self-contained, true to the corpus, safe with any file."""

import pytest

from codekiln.artifact import open_work
from codekiln.corpus import CorpusConfig, build_corpus, documents
from codekiln.errors import UsageError
from codekiln.pipeline.report.corpus import write_corpus_report
from pages import Page

LONG = "".join(f"def number_{n}(value):\n    return value + {n}\n\n\n" for n in range(40))
HOSTILE = "x = '</script><script>alert(1)</script>' & \"<b>\"  # </pre>\n"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9" * 2
NAME = "<img src=x onerror=alert(1)>\u202e.py"


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "code"
    root.mkdir()
    (root / "first.py").write_text(LONG)
    (root / "second.py").write_text(LONG + HOSTILE)
    (root / "third.py").write_text(f"import flask\n\ntoken = '{SECRET}'\n")
    (root / NAME).write_text(HOSTILE * 2 + "def (:\n" * 20)
    (root / "binary.py").write_bytes(b"\0")
    open_work(tmp_path / "work")
    config = CorpusConfig(sources=(f"own:{root}",))
    return build_corpus(config, tmp_path / "work", "<mine>")


@pytest.fixture
def page(corpus, tmp_path):
    write_corpus_report(corpus, tmp_path / "page.html")
    return Page((tmp_path / "page.html").read_text(encoding="utf-8"))


def test_it_holds_the_figures_of_the_corpus(page, corpus):
    figures = corpus.statistics
    assert (figures["seen"], figures["kept"]) == (5, 2)
    for reason in figures["rejected"]:
        assert reason in page.text
    for words in ("python", "own", "web", "code/first.py"):
        assert words in page.text
    assert page.headings[0] == 1
    assert 1 not in page.headings[1:]
    assert len(page.ids) == len(set(page.ids))


def test_it_loads_nothing_and_runs_nothing(page):
    assert not page.links
    assert not {"script", "img", "b", "iframe"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]
    assert "\u202e" not in page.text
    assert "onerror=alert(1)" in page.text  # shown, not done


def test_it_shows_copies_side_by_side_and_samples_of_each_reason(page, corpus):
    assert page.text.count("left out:") == 1
    assert page.text.count("kept:") == 1
    folded = len(corpus.statistics["rejected"]) + 1  # and the long list of licences
    assert sum(tag == "details" for tag, _ in page.tags) == folded


def test_no_secret_is_in_it(page):
    assert SECRET not in page.text
    assert "token = " not in page.text  # the file was kept: only those left out are shown


def test_bars_are_never_longer_than_their_row(page):
    widths = [
        float(attributes["style"].removeprefix("width: ").removesuffix("%"))
        for _, attributes in page.tags
        if attributes.get("style", "").startswith("width")
    ]
    assert max(widths) == 100
    assert min(widths) >= 0


def test_a_corpus_of_nothing_but_documents_has_a_page_too(tmp_path):
    root = tmp_path / "code"
    root.mkdir()
    for name in ("one", "two"):
        (root / f"{name}.py").write_text(f"def {name}():\n    return {name!r}\n")
    open_work(tmp_path / "work")
    corpus = build_corpus(CorpusConfig(sources=(f"own:{root}",)), tmp_path / "work", "c")
    assert len(list(documents(corpus, "train"))) == 1
    write_corpus_report(corpus, tmp_path / "page.html")
    assert "What each rule left out" in Page((tmp_path / "page.html").read_text()).text


def test_a_place_that_cannot_be_written_is_told(corpus, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_corpus_report(corpus, tmp_path / "none" / "page.html")
