"""What is not permissive and looks as if it were, each beside a twin that is permissive.

The texts of `hostile.toml` stand in a repository under the MIT licence: what is not seen would pass as MIT.
"""

import tomllib
from pathlib import Path

import pytest

from codekiln.corpus.licences import PERMISSIVE, Survey, allowed, header_licence, text_licence
from corpus.licences.known import BSD_3, ISC, MIT, text_of

TOLD = tomllib.loads(Path(__file__).with_name("hostile.toml").read_text(encoding="utf-8"))
HEADERS = [(pair["hostile"], pair["twin"]) for pair in TOLD["header"]]
PREFACES = [(pair["hostile"], pair["twin"]) for pair in TOLD["preface"]]
# Texts that are not quite what they look like.
LIKE_TEXTS = [
    (MIT, "any person obtaining", "any student obtaining"),
    (MIT, "is hereby granted", "is hereby not granted"),
    (MIT, "without restriction", "with restriction"),
    (MIT, "free of charge", "for a fee"),
    (
        MIT,
        "OTHER DEALINGS IN THE SOFTWARE.",
        "OTHER DEALINGS IN THE SOFTWARE.\n\nThe rest of this is GPL.",
    ),
    (MIT, "MIT License\n", "Parts of this file are licensed under the Foo License.\n"),
    (BSD_3, "are permitted", "are not permitted"),
    (BSD_3, "source and binary forms", "binary form only"),
    (ISC, "any purpose", "personal purposes"),
    (ISC, "for any purpose with or without fee is", "for educational purposes is"),
    (ISC, "for any purpose with or without fee is", "for non-profit work is"),
]
SOLD = "You may use this software if you have paid for it and as long as we like you. " * 5
REPOSITORIES = [
    ({"package.json": '{"license": "UNLICENSED"}'}, {"package.json": '{"license": "ISC"}'}),
    ({"package.json": '{"license": "GPL-3.0"}'}, {"package.json": '{"license": "MIT OR GPL-3.0"}'}),
    ({"LICENSE-EE": SOLD}, {"LICENSE-CHECKER.md": SOLD}),
    ({"src/EULA.txt": SOLD}, {"src/about.txt": SOLD}),
    ({"src/LICENSE.commercial": SOLD}, {"src/LICENSE.MIT": MIT}),
    ({"src/gpl-3.0.txt": text_of("GPL-3.0-only")}, {"src/python.txt": text_of("GPL-3.0-only")}),
    ({"src/LICENSE-MIT": SOLD}, {"src/LICENSE-MIT": "MIT"}),
    ({"debian/copyright": "Files: *\nLicense: MIT\n Not for commercial use.\n"},
     {"debian/copyright": "Files: *\nLicense: MIT\n As everyone knows it.\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("hostile", "twin"), HEADERS)
@pytest.mark.parametrize("style", ["# {}", "/*\n * {}\n */"], ids=["hash", "block"])
def test_headers(hostile: str, twin: str, style: str) -> None:
    for text, is_free in ((twin, True), (hostile, False)):
        found = header_licence(f"{style.format(text)}\n\ncode\n", "MIT") or "MIT"
        assert allowed(found, PERMISSIVE) is is_free, (text, found)


@pytest.mark.parametrize(("text", "term", "hostile"), LIKE_TEXTS)
def test_texts_that_are_not_quite_what_they_look_like(text: str, term: str, hostile: str) -> None:
    assert term in text
    for said, is_free in ((text, True), (text.replace(term, hostile), False)):
        assert allowed(text_licence(said), PERMISSIVE) is is_free
        assert allowed(header_licence(f"/*\n{said}\n*/\n", "MIT"), PERMISSIVE) is is_free


@pytest.mark.parametrize("licence", ["MIT", "ISC", "Apache-2.0"])
@pytest.mark.parametrize(("hostile", "twin"), PREFACES)
def test_what_stands_before_a_text(hostile: str, twin: str, licence: str) -> None:
    assert allowed(text_licence(f"{twin}\n\n{text_of(licence)}"), PERMISSIVE)
    assert not allowed(text_licence(f"{hostile}\n\n{text_of(licence)}"), PERMISSIVE)


@pytest.mark.parametrize(("hostile", "twin"), REPOSITORIES)
def test_files_beside_a_licence(hostile: dict[str, str], twin: dict[str, str]) -> None:
    for files, is_free in ((twin, True), (hostile, False)):
        survey = Survey.of([("LICENSE", MIT), *files.items()])
        assert allowed(survey.licence("src/a.py").expression, PERMISSIVE) is is_free


def test_a_header_about_a_part_leaves_the_rest_to_the_repository() -> None:
    header = "# Based on foo.js, which is under the MIT license.\n"
    assert not allowed(header_licence(header, "GPL-3.0-only"), PERMISSIVE)
    assert not allowed(header_licence(header, ""), PERMISSIVE)
    assert allowed(header_licence(header, "Apache-2.0"), PERMISSIVE)
    whole = "# Licensed under the MIT license.\n"
    assert allowed(header_licence(whole, "GPL-3.0-only"), PERMISSIVE)


@pytest.mark.parametrize(
    "remark",
    [
        "Works around a GPL header check.",
        "Tells the MIT license from others by its first words, which fall into the cache.",
        "There are no classifiers for LGPLv2.1+ here, which hurts the index.",
    ],
)
def test_a_remark_about_a_licence_grants_nothing(remark: str) -> None:
    assert header_licence(f"# {remark}\n") == ""


@pytest.mark.parametrize(
    ("comment", "licence"),
    [
        ('__license__ = "GPLv3"\n', "GPL-3.0-only"),
        ('__license__ = "Proprietary"\n', "LicenseRef-unknown"),
        ('__license__ = "MIT"\n', ""),
        ("{ Licensed under the GNU GPL v3 }\nunit foo;\n", "GPL-3.0-only"),
        ('{ "license": "licensed under the GNU GPL v3" }\n', ""),
        ("C     Licensed under the GNU GPL v3\n      END\n", "GPL-3.0-only"),
        ("<#\nLicensed under the GNU GPL v3\n#>\n", "GPL-3.0-only"),
        ('#[derive(A)]\nlet licence = "licensed under the GNU GPL v3";\n', ""),
        ("\\ Licensed under the GNU GPL v3\n", "GPL-3.0-only"),
        ("#|\nLicensed under the GNU GPL v3\n|#\n", "GPL-3.0-only"),
        ("@rem Licensed under the GNU GPL v3\n", "GPL-3.0-only"),
    ],
)
def test_where_else_a_file_says_its_licence(comment: str, licence: str) -> None:
    assert header_licence(comment) == licence
