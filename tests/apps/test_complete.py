import os

import pytest

from codekiln.apps import complete as app
from codekiln.apps.complete import read_source, request_at
from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest

TEXT = "import os\n\ndef f(x):\n    return x\n"


@pytest.mark.parametrize(
    ("line", "column", "prefix"),
    [
        (1, None, "import os"),
        (1, 1, ""),
        (1, 10, "import os"),
        (2, None, "import os\n"),
        (3, 5, "import os\n\ndef "),
        (4, None, "import os\n\ndef f(x):\n    return x"),
        (5, None, TEXT),
        (5, 1, TEXT),
    ],
)
def test_a_position_splits_the_text(line, column, prefix):
    request = request_at(TEXT, line, column)
    assert request.prefix == prefix
    assert request.prefix + request.suffix == TEXT


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_count_and_stay(end):
    text = TEXT.replace("\n", end)
    for line, column in ((1, None), (2, None), (3, 5), (4, None), (5, 1)):
        other, plain = request_at(text, line, column), request_at(TEXT, line, column)
        assert other.prefix == plain.prefix.replace("\n", end)
        assert other.suffix == plain.suffix.replace("\n", end)


def test_only_line_ends_end_lines():
    assert request_at("a\x0cb\u2028c\nd", 1).prefix == "a\x0cb\u2028c"


def test_columns_are_characters():
    assert request_at("x = '😀é'\n", 1, 7).prefix == "x = '😀"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("x\n" * 20, 25, None, "a.py has 20 lines: --line 25 is past its end"),
        ("x\n" * 20, 22, None, "a.py has 20 lines: --line 22"),
        ("x\ny", 3, None, "has 2 lines: --line 3"),
        ("x", 2, None, "has 1 line: --line 2"),
        ("", 2, None, "has 0 lines: --line 2"),
        (TEXT, 0, None, "--line is 0"),
        (TEXT, -1, None, "--line is -1"),
        (TEXT, 1, 0, "--column is 0"),
        (TEXT, 1, 11, "Line 1 of a.py has 9 characters: --column 11 is past its end"),
        ("x\r\n", 1, 3, "has 1 character: --column 3"),
        (TEXT, 5, 2, "Line 5 of a.py has 0 characters"),
    ],
)
def test_positions_outside_the_text_are_refused(text, line, column, message):
    with pytest.raises(UsageError, match=message):
        request_at(text, line, column, path="a.py")


def test_an_empty_file_has_one_position():
    assert request_at("", 1).prefix == ""


def test_path_and_language_go_into_the_request():
    settings = CompletionRequest("", repository="me/it", temperature=0.5)
    request = request_at(TEXT, 1, path="src/a.py", settings=settings)
    assert (request.path, request.language) == ("src/a.py", "python")
    assert (request.repository, request.temperature) == ("me/it", 0.5)
    assert request_at("#!/usr/bin/env python3\r\n", 2, path="bin/run").language == "python"
    assert request_at(TEXT, 1, path="what.unknown").language == ""
    given = request_at(TEXT, 1, path="a.py", settings=CompletionRequest("", language="sage"))
    assert given.language == "sage"


def test_a_source_file_is_read_as_it_is(tmp_path):
    file = tmp_path / "a.py"
    for content, text in (
        (b"x = 1\r\n", "x = 1\r\n"),
        ("é→😀".encode(), "é→😀"),
        (b"\xef\xbb\xbfx", "x"),
        (b"", ""),
    ):
        file.write_bytes(content)
        assert read_source(file) == text
    link = tmp_path / "link.py"
    link.symlink_to(file)
    assert read_source(link) == ""


def test_bad_files_are_refused(tmp_path):
    def refused(name, message):
        with pytest.raises(UsageError, match=message):
            read_source(tmp_path / name)

    refused("none.py", "no file .*none.py")
    refused(".", "is a folder")
    refused("nul\0.py", "cannot be read")
    refused("x" * 300, "cannot be read")
    (tmp_path / "binary").write_bytes(b"ELF\0\1")
    refused("binary", "binary file")
    refused("binary/inside.py", "no file")
    (tmp_path / "latin.py").write_bytes("naïve".encode("latin-1"))
    refused("latin.py", r"not UTF-8 \(byte 3\)")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused("loop", "leads back to itself")
    os.mkfifo(tmp_path / "pipe")
    refused("pipe", "no regular file")


def test_a_large_file_is_refused_without_being_read(tmp_path, monkeypatch):
    file = tmp_path / "large.py"
    with file.open("wb") as out:
        out.truncate(10**13)  # sparse: reading it would take hours
    with pytest.raises(UsageError, match="10,000,000 are read at most"):
        read_source(file)
    monkeypatch.setattr(app, "LARGEST_SOURCE", 3)
    file.write_text("xyz")
    assert read_source(file) == "xyz"


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_text("x")

    def forbidden(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(file), "read_bytes", forbidden)  # root may read everything
    with pytest.raises(UsageError, match="may not be read"):
        read_source(file)
