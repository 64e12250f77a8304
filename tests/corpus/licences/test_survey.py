"""The licence of each file of a repository: what counts as evidence, and which of it comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.licences import PERMISSIVE, Survey, allowed, is_evidence
from codekiln.corpus.licences.expression import UNKNOWN
from corpus.licences.known import BSD_3, MIT, text_of

GPL = text_of("GPL-3.0-only")
GIBBERISH = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 20
CUSTOM = "You may use this software for evaluation purposes only. " * 20


def package(licence: str) -> str:
    return f'{{"name": "foo", "license": "{licence}"}}'


@pytest.mark.parametrize(
    "path",
    ["LICENSE", "LICENCE.md", "licence.txt", "COPYING", "COPYING.LESSER", "COPYRIGHT", "UNLICENSE",
     "LICENSE-MIT", "LICENSE.APACHE2", "MIT-LICENSE.txt", "LICENSE_1_0.txt", "lib/License.rst",
     "LICENSE.html", "LICENSES/MIT.txt", "foo-1.dist-info/licenses/LICENSE", "META-INF/LICENSE.txt",
     "package.json", "a/b/Cargo.toml", "pom.xml", "PKG-INFO", "x.dist-info/METADATA", "x.gemspec",
     "DESCRIPTION", "debian/copyright", "REUSE.toml", ".reuse/dep5", "composer.json", "setup.cfg",
     "lgpl.txt", "gpl-3.0.txt", "LICENSE.BSD", "LICENSE-2.0.txt", "MIT-LICENSE", "LICENCE", "GPLv3.md",
     "COPYING3.LIB", "mpl-2.0.txt", "LICENSE-EE", "EULA.txt"],
)  # fmt: skip
def test_evidence(path: str) -> None:
    assert is_evidence(path)


@pytest.mark.parametrize(
    "path",
    ["license.py", "LICENSE-CHECKER.md", "licenses.go", "copyright.h", "README.md", "METADATA",
     "licenses/foo.txt", "LICENSES/readme.txt", "src/copy.c", "a.txt", "", "LICENSE/", "gpl.py", "mit.txt",
     "python.txt", "gplot.txt", "eula.js", "LICENSE-NOTES.txt"],
)  # fmt: skip
def test_no_evidence(path: str) -> None:
    assert not is_evidence(path)


def test_a_manifest_that_withholds_holds_beside_a_text_and_a_packagers_word_does_not() -> None:
    withheld = Survey.of([("LICENSE", MIT), ("package.json", package("GPL-3.0-only"))])
    assert not allowed(withheld.licence("a.js").expression, PERMISSIVE)
    copyright_file = "Format: x\n\nFiles: *\nCopyright: A\nLicense: GPL-3.0-only\n"
    annotated = Survey.of([("LICENSE", MIT), ("debian/copyright", copyright_file)])
    assert annotated.licence("a.js").expression == "MIT"
    packaged = Survey.of([("LICENSE", MIT), ("debian/package.json", package("GPL-3.0-only"))])
    assert packaged.licence("a.js").expression == "MIT"
    assert not allowed(packaged.licence("debian/a.js").expression, PERMISSIVE)


def test_the_nearest_folder_wins() -> None:
    survey = Survey.of(
        [("LICENSE", MIT), ("vendor/foo/LICENSE", GPL), ("vendor/bar/COPYING", BSD_3)]
    )
    assert survey.licence("src/a.py").expression == "MIT"
    assert survey.licence("vendor/a.py").expression == "MIT"
    assert survey.licence("vendor/foo/deep/a.py").expression == "GPL-3.0-only"
    assert survey.licence("vendor/bar/a.py").expression == "BSD-3-Clause"
    assert survey.licence("vendor/foobar/a.py").expression == "MIT"


def test_a_folder_with_a_text_nobody_can_read_is_not_under_the_repositorys_licence() -> None:
    survey = Survey.of([("LICENSE", MIT), ("vendor/LICENSE", GIBBERISH)])
    assert survey.licence("vendor/a.py").expression == UNKNOWN
    assert survey.licence("a.py").expression == "MIT"


def test_a_manifest_below_a_licence_file_holds_as_well() -> None:
    files = [
        ("LICENSE", MIT),
        ("a/package.json", package("GPL-3.0-only")),
        ("b/package.json", "{}"),
    ]
    survey = Survey.of([*files, ("c/package.json", package("UNLICENSED"))])
    assert set(survey.licence("a/a.js").expression.split(" AND ")) == {"GPL-3.0-only", "MIT"}
    assert survey.licence("b/b.js").expression == "MIT"
    assert not allowed(survey.licence("c/c.js").expression, PERMISSIVE)


def test_a_text_is_more_than_a_manifest() -> None:
    survey = Survey.of([("LICENSE", GPL), ("package.json", package("MIT"))])
    assert survey.licence("a.js").expression == "GPL-3.0-only"
    assert survey.licence("a.js").found == "file"


def test_a_manifest_says_how_texts_combine() -> None:
    texts = [("LICENSE", f"{MIT}\n\n{GPL}")]
    both = Survey.of(texts).licence("a.js").expression
    assert set(both.split(" AND ")) == {"MIT", "GPL-3.0-only"}
    stated = Survey.of([*texts, ("package.json", package("MIT OR GPL-3.0-or-later"))])
    assert stated.licence("a.js").expression == "MIT OR GPL-3.0-or-later"


@pytest.mark.parametrize(
    ("files", "licence"),
    [
        ({"LICENSE-MIT": MIT, "LICENSE-APACHE": text_of("Apache-2.0")}, "MIT OR Apache-2.0"),
        ({"LICENSE-MIT": MIT, "LICENSE-GPL3": GPL}, "MIT AND GPL-3.0-only"),
        ({"LICENSE": MIT, "LICENSE-APACHE": text_of("Apache-2.0")}, "MIT AND Apache-2.0"),
        ({"COPYING": GPL, "COPYING.LESSER": text_of("LGPL-3.0-only")}, "LGPL-3.0-only"),
        ({"COPYING": text_of("GPL-2.0-only"), "COPYING.LIB": text_of("LGPL-2.1-only")}, "LGPL-2.1-only"),
        ({"LICENSE": MIT, "COPYING": GPL}, "MIT AND GPL-3.0-only"),
        ({"gpl-3.0.txt": GPL, "lgpl-3.0.txt": text_of("LGPL-3.0-only")}, "LGPL-3.0-only"),
        ({"lgpl.txt": text_of("LGPL-2.1-only")}, "LGPL-2.1-only"),
        ({"LICENSE-2.0.txt": text_of("Apache-2.0")}, "Apache-2.0"),
        ({"LICENSE": "Under the GPL.", "package.json": package("GPL-3.0-only")}, "GPL-3.0-only"),
        ({"LICENSE": GIBBERISH}, ""),
        ({"LICENSE": GIBBERISH, "package.json": package("MIT")}, "MIT"),
        ({"LICENSE": CUSTOM}, UNKNOWN),
        ({"LICENSE": CUSTOM, "package.json": package("MIT")}, UNKNOWN),
        ({"LICENSE": f"{MIT}\nNot for commercial use.", "package.json": package("MIT")}, UNKNOWN),
        ({"LICENSE": GIBBERISH, "LICENSE-MIT": MIT}, ""),
        ({"LICENSE": MIT, "COPYRIGHT": "Copyright 2019 Foo.\n\nAnn Example and contributors\n"}, "MIT"),
        ({"LICENSE": MIT, "COPYRIGHT": "Ann Example. Redistribution is regulated.\n"}, ""),
        ({"LICENSE": MIT, "COPYRIGHT": "Copyright 2019 Foo. Of limited use.\n"}, ""),
        ({"COPYRIGHT": "Ann Example and contributors\n"}, ""),
        ({"package.json": package("MIT")}, "MIT"),
        ({"package.json": package("Foo")}, UNKNOWN),
        ({"foo-1.dist-info/licenses/LICENSE": MIT}, "MIT"),
        ({"META-INF/LICENSE": MIT}, "MIT"),
        ({"README.md": MIT}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_licence_files_of_one_folder(files: dict[str, str], licence: str) -> None:
    found = Survey.of(files.items()).licence("src/a.py").expression
    operator = " OR " if " OR " in licence else " AND "
    assert sorted(found.split(operator)) == sorted(licence.split(operator))


def test_a_member_of_a_workspace_is_under_its_licence() -> None:
    survey = Survey.of(
        [
            ("Cargo.toml", '[workspace.package]\nlicense = "MIT"'),
            ("a/Cargo.toml", "[package]\nlicense.workspace = true"),
            ("b/Cargo.toml", '[package]\nlicense = "GPL-3.0-only"'),
        ]
    )
    assert survey.licence("a/src/lib.rs").expression == "MIT"
    assert survey.licence("b/src/lib.rs").expression == "GPL-3.0-only"
    assert survey.licence("a/src/lib.rs").found == "metadata"


def test_the_licences_of_a_wheel_speak_for_what_lies_beside_it() -> None:
    survey = Survey.of(
        [
            ("foo-1.dist-info/licenses/LICENSE", MIT),
            ("foo-1.dist-info/licenses/foo/_vendor/bar/LICENSE", GPL),
            ("foo-1.dist-info/METADATA", "License-Expression: MIT\n"),
        ]
    )
    assert survey.licence("foo/a.py").expression == "MIT"
    assert survey.licence("foo/_vendor/bar/a.py").expression == "GPL-3.0-only"


@given(
    st.lists(
        st.tuples(st.sampled_from(["LICENSE", "a/LICENSE-MIT", "package.json", "x"]), st.text())
    )
)
def test_no_repository_is_a_failure(files: list[tuple[str, str]]) -> None:
    assert Survey.of(files).licence("a/b/c.py").found in ("file", "metadata", "none")
