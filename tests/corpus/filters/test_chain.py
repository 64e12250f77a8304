"""The rules as a build uses them: the first that says no names the reason, and good files pass all."""

import codecs
import hashlib
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus import documents, rejected
from codekiln.corpus.filters import BY_BYTES, BY_NAME, BY_TEXT, Candidate, Rules, judge
from codekiln.languages import language_of, languages

GOOD = "def f(value):\n    return value + 1\n"


def fate(make, folder, name, content, **settings):
    """What becomes of one file beside two good ones: its reason, or 'kept'."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    artifact = make(folder, **settings)
    return {row.path: row.reason for row in rejected(artifact)}.get(name, "kept")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.py", b"", "empty"),
        ("a.py", b" \n\t\n", "empty"),
        ("a.py", codecs.BOM_UTF8, "empty"),
        ("a.py", b"x = 1\0\n", "binary"),
        ("a.py", GOOD.encode("utf-16"), "binary"),
        ("a.py", "größe = 1\n".encode("latin-1"), "not-utf8"),
        ("a.py", "größe = 1\n".encode(), "kept"),
        ("a.py", codecs.BOM_UTF8 + GOOD.encode(), "kept"),
        ("a.py", b"x = 'name" + b" a" * 600 + b"'\n" + b"y = 1\n" * 20, "long-line"),
        ("a.py", b"def f(:\n    return (\n", "syntax-error"),
        ("app.min.js", b"var x = 1;\n", "minified"),
        ("admin.js", b"var x = 1;\n", "kept"),
        ("a.xyz", GOOD.encode(), "unknown-language"),
        ("notes", GOOD.encode(), "unknown-language"),
        ("run", b"#!/usr/bin/env python3\n" + GOOD.encode(), "kept"),
        ("a.json", b'{"a": 1}\n', "language-not-chosen"),
        ("README.md", b"# Title\n", "language-not-chosen"),
        ("vendor/a.py", GOOD.encode(), "vendored"),
        ("vendors.py", GOOD.encode(), "kept"),
        ("a_pb2.py", GOOD.encode(), "generated"),
        ("a.py", b"version https://git-lfs.github.com/spec/v1\nsize 1\n", "lfs-pointer"),
    ],
)
def test_one_file_meets_its_reason(make, folder, name, content, reason):
    assert fate(make, folder, name, content) == reason


def test_the_size_limit_is_inclusive(make, folder, tmp_path):
    content = GOOD.encode()
    work = tmp_path / "other"
    assert fate(make, folder, "a.py", content, max_bytes=len(content)) == "kept"
    assert fate(make, folder, "a.py", content, max_bytes=len(content) - 1, work=work) == "too-large"


def test_kinds_and_languages_choose(make, folder, tmp_path):
    (folder / "a.js").write_text("var x = 1;\n")
    data, content = ("code", "data"), b'{"name": "of a thing", "numbers": [1, 2, 3, 4, 5, 6]}\n'
    assert fate(make, folder, "a.json", content, kinds=data, work=tmp_path / "1") == "kept"
    artifact = make(folder, languages=("python",), work=tmp_path / "2")
    assert {row.path for row in rejected(artifact)} == {"a.js", "a.json"}


def test_content_stays_as_it_is_but_for_the_mark(make, folder):
    raw = "a = 1\r\nb = '\u2028\U0001f525'\r\n# end without newline".encode()
    (folder / "odd.py").write_bytes(codecs.BOM_UTF8 + raw)
    artifact = make(folder)
    kept = (*documents(artifact, "train"), *documents(artifact, "held_out"))
    odd = next(row for row in kept if row.path == "odd.py")
    assert odd.content.encode() == raw
    assert odd.sha256 == hashlib.sha256(raw).hexdigest()


def test_a_mark_does_not_hide_a_duplicate(make, folder):
    (folder / "zwei.py").write_bytes(codecs.BOM_UTF8 + (folder / "two.py").read_bytes())
    (row,) = rejected(make(folder))
    assert {row.path, row.reason} < {"two.py", "zwei.py", "duplicate"}


def test_every_rule_says_where_it_is_from():
    sources = (
        "The Stack", "StarCoder 2", "SantaCoder", "CodeParrot", "OpenCoder", "linguist", "git", "Git LFS",
        "recipe", "teaches nothing",
    )  # fmt: skip
    for rule in {*BY_NAME, *BY_BYTES, *BY_TEXT}:
        assert any(source in (rule.__doc__ or "") for source in sources), rule


def test_most_of_the_standard_library_passes():
    root = Path(sysconfig.get_path("stdlib"))
    fates = []
    for name in ("json", "email", "logging", "asyncio", "collections", "http", "urllib"):
        for path in sorted((root / name).glob("*.py")):
            raw = path.read_bytes()
            fates.append(_judged(f"{name}/{path.name}", raw, raw.decode()).reason)
    assert len(fates) > 60
    lost = [reason for reason in fates if reason not in ("", "empty")]
    assert lost in ([], ["monotonous"])  # asyncio's __init__ is imports alone


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["a.py", "a.h", "a.js", "a.html", "a.json", "a", "x.min.js", "README.md", "a.c"]),
    st.text() | st.lists(st.sampled_from(["/*", "*/", "//", "#", '"""', "'", "\\x41", "0x1, ", "<a>", "\n",
    "é", "pass\n", "def f():\n"]), max_size=200).map("".join),
)  # fmt: skip
def test_no_rule_fails_on_any_text(path, text):
    _judged(path, text.encode(), text, languages=tuple(languages()))


@pytest.mark.parametrize("path", ["a.py", "a.c", "a.js", "a.html", "a.lua"])
@pytest.mark.parametrize(
    "piece",
    [
        "/*",
        "/*\n",
        "(",
        " ",
        "\\",
        "a",
        "\\x",
        "0x1,",
        "<",
        "<!--",
        "<script>",
        '"""',
        "--[[",
        "\n",
        "#\n",
        "a ",
        "{\n",
    ],
)
def test_hostile_repetition_ends(path, piece):
    """A rule that took quadratic time would keep the suite waiting for minutes."""
    text = piece * (200_000 // len(piece))
    candidate = Candidate(path, language=language_of(path), raw=text.encode(), text=text)
    for rule in BY_TEXT[:-1]:
        rule(candidate, Rules())


def _judged(path, raw, text, **chosen):
    rules = Rules(kinds=("code", "markup", "data"), **chosen)
    candidate = Candidate(path, len(raw), language_of(path), raw, text)
    verdict = judge(BY_NAME, candidate, rules)
    if verdict.keep and raw:
        verdict = judge(BY_BYTES, candidate, rules)
    if verdict.keep and candidate.language:
        verdict = judge(BY_TEXT, candidate, rules)
    return verdict
