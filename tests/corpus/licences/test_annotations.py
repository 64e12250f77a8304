"""Licences stated file by file: DEP-5 and REUSE."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.licences import Survey
from codekiln.corpus.licences.annotations import annotations
from codekiln.corpus.licences.expression import UNKNOWN
from corpus.licences.known import MIT

FOLDED = "\n".join(f" {line}" if line else " ." for line in MIT.split("\n"))
DEP5 = f"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 A
License: Expat

Files: src/gpl/*
 src/[odd].c
Copyright: 2020 B
License: GPL-2+

Files: src/own/*
License: own

Files: src/odd/*
License: odd

License: own
{FOLDED}

License: odd
 Do not touch.
"""
REUSE = """version = 1

[[annotations]]
path = "src/**"
SPDX-License-Identifier = "GPL-3.0-or-later"

[[annotations]]
path = ["src/mit/*.py", "one.py"]
SPDX-License-Identifier = ["MIT", "ISC"]

[[annotations]]
path = "src/a*b*c*d*e*"
SPDX-License-Identifier = "MIT"
"""


@pytest.mark.parametrize("name", ["debian/copyright", ".reuse/dep5"])
@pytest.mark.parametrize(
    ("path", "licence"),
    [
        ("a.c", "MIT"),
        ("src/a.c", "MIT"),
        ("src/gpl/a.c", "GPL-2.0-or-later"),
        ("src/gpl/deep/a.c", "GPL-2.0-or-later"),
        ("src/[odd].c", "GPL-2.0-or-later"),
        ("src/o.c", "MIT"),
        ("src/own/a.c", "MIT"),
        ("src/odd/a.c", UNKNOWN),
    ],
)
def test_dep5(name: str, path: str, licence: str) -> None:
    assert Survey.of([(name, DEP5)]).licence(path).expression == licence


@pytest.mark.parametrize(
    ("path", "licence"),
    [
        ("src/deep/a.py", "GPL-3.0-or-later"),
        ("src/mit/a.py", "MIT AND ISC"),
        ("src/mit/deep/a.py", "GPL-3.0-or-later"),
        ("one.py", "MIT AND ISC"),
        ("two.py", ""),
        ("src/abcde", UNKNOWN),
    ],
)
def test_reuse(path: str, licence: str) -> None:
    assert Survey.of([("REUSE.toml", REUSE)]).licence(path).expression == licence
    assert Survey.of([("lib/REUSE.toml", REUSE)]).licence(f"lib/{path}").expression == licence


def test_annotations_come_before_the_licence_file() -> None:
    survey = Survey.of([("LICENSE", MIT), ("debian/copyright", DEP5)])
    assert survey.licence("src/gpl/a.c").expression == "GPL-2.0-or-later"
    assert survey.licence("src/a.c").expression == "MIT"


def test_the_list_of_licences_in_use_is_no_choice() -> None:
    listed = [("LICENSES/MIT.txt", MIT), ("LICENSES/GPL-3.0-only.txt", "")]
    both = Survey.of(listed).licence("a.py").expression
    assert set(both.split(" AND ")) == {"MIT", "GPL-3.0-only"}
    everything = REUSE.replace("src/**", "**").replace("GPL-3.0-or-later", "MIT")
    assert Survey.of([*listed, ("REUSE.toml", everything)]).licence("a.py").expression == "MIT"
    assert Survey.of(listed[:1]).licence("a.py").expression == "MIT"


@pytest.mark.parametrize("text", ["annotations = 1", "[[annotations]]\npath = 1", "[", "[" * 9999])
def test_what_is_no_annotation(text: str) -> None:
    assert annotations("REUSE.toml", text) == []


def test_so_many_annotations_are_none() -> None:
    many = "Files: " + " ".join(f"f{number}" for number in range(20_000)) + "\nLicense: MIT\n"
    assert Survey.of([("debian/copyright", many)]).licence("f1").expression == UNKNOWN
    few = "Files: " + " ".join(f"f{number}" for number in range(200)) + "\nLicense: MIT\n"
    assert Survey.of([("debian/copyright", few)]).licence("f1").expression == "MIT"


@given(st.text(), st.lists(st.sampled_from(["*", "?", "[", "**", "/", "a", "\\"])))
def test_no_text_is_a_failure(text: str, pattern: list[str]) -> None:
    body = f"Files: {''.join(pattern)}\nLicense: MIT\n\n{text}"
    table = f"[[annotations]]\npath = '{''.join(pattern)}'\nSPDX-License-Identifier = 'MIT'\n"
    for name, content in [("copyright", body), ("REUSE.toml", table), ("REUSE.toml", text)]:
        assert all(annotation.licence for annotation in annotations(name, content))
