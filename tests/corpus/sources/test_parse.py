"""The names of sources in a recipe."""

import pytest

from codekiln.corpus import CorpusConfig
from codekiln.corpus.sources import FolderSource, StdlibSource, is_own, parse_source
from codekiln.errors import RecipeError, SourceError


def test_a_folder_by_path_by_scheme_and_below_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    for spec in (str(folder), f"folder:{folder}", "~/code", "folder:~/code"):
        source = parse_source(spec)
        assert isinstance(source, FolderSource)
        assert source.name == spec
        assert source.repository == "code"
        assert [file.path for file in source.files()] == ["one.py", "two.py"]


def test_a_folder_whose_name_looks_like_a_scheme(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    folder.rename(folder.parent / "odd:name")
    assert len(list(parse_source("odd:name").files())) == 2


def test_the_standard_library_has_no_tests_and_no_installed_packages():
    source = parse_source("stdlib:")
    assert isinstance(source, StdlibSource)
    entries = {file.path: file for file in source.files()}
    assert entries["json/decoder.py"].defect == ""
    parts = {part for path in entries for part in path.split("/")}
    assert not parts & {"site-packages", "dist-packages", "__pycache__"}
    assert all(e.defect == "excluded" for e in entries.values() if "tests" in e.path.split("/"))


@pytest.mark.parametrize(
    "spec",
    ["", "https://example.org/x.git", "git:", "git://host/x", "folder:", "stdlib:json", "s3:b/k"],
)
def test_what_is_no_source_is_refused_with_a_remedy(spec):
    with pytest.raises(SourceError, match="give a folder"):
        parse_source(spec)


def test_own_stands_before_any_other_kind(folder):
    source = parse_source(f"own:folder:{folder}")
    assert is_own(source.name)
    assert len(list(source.files())) == 2
    assert not is_own(parse_source(f"folder:{folder}").name)


def test_a_drive_letter_is_no_scheme():
    with pytest.raises(SourceError, match=r"no folder C:\\code"):
        parse_source("C:\\code")


def test_a_source_named_twice_and_no_source_at_all_are_refused(folder):
    with pytest.raises(SourceError, match="twice"):
        CorpusConfig(sources=(str(folder), str(folder))).check()
    with pytest.raises(SourceError, match="names no sources"):
        CorpusConfig(sources=()).check()


def test_unknown_kinds_and_languages_are_refused(folder):
    with pytest.raises(RecipeError, match="did you mean 'python'"):
        CorpusConfig(sources=(str(folder),), languages=("Python",)).check()
    with pytest.raises(RecipeError, match="known are code, markup, data"):
        CorpusConfig(sources=(str(folder),), kinds=("x",)).check()
