"""What manifests say of a licence, in the forms that the tools of each language document."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.licences import PERMISSIVE, allowed
from codekiln.corpus.licences.expression import UNKNOWN
from codekiln.corpus.licences.manifests import manifest_licence

NAMES = ["package.json", "composer.json", "pyproject.toml", "setup.cfg", "PKG-INFO", "METADATA",
    "Cargo.toml", "pom.xml", "DESCRIPTION", "foo.gemspec"]  # fmt: skip
CLASSIFIER = "License :: OSI Approved :: "


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ('{"license": "MIT"}', "MIT"),
        ('{"license": "(MIT OR Apache-2.0)"}', "MIT OR Apache-2.0"),
        ('{"license": {"type": "BSD", "url": "x"}}', "BSD-3-Clause"),
        ('{"licenses": [{"type": "MIT"}, {"type": "GPLv2"}]}', "MIT OR GPL-2.0-only"),
        ('{"license": ["MIT", "ISC"]}', "MIT OR ISC"),
        ('{"license": "UNLICENSED"}', UNKNOWN),
        ('{"license": "SEE LICENSE IN LICENSE.md"}', ""),
        ('{"license": "SEE LICENSE IN EULA.txt"}', UNKNOWN),
        ('{"license": "Proprietary License"}', UNKNOWN),
        ('{"license": "MIT (non-commercial)"}', UNKNOWN),
        ('{"license": "Apache 2.0 with Commons Clause"}', UNKNOWN),
        ('{"license": 7}', ""),
        ('{"name": "foo"}', ""),
        ("[1]", ""),
        ("{", ""),
    ],
)
def test_npm(text: str, licence: str) -> None:
    assert manifest_licence("package.json", text) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ('{"license": "MIT"}', "MIT"),
        ('{"license": ["LGPL-2.1-only", "GPL-3.0-or-later"]}', "LGPL-2.1-only OR GPL-3.0-or-later"),
        ('{"license": "proprietary"}', UNKNOWN),
    ],
)
def test_composer(text: str, licence: str) -> None:
    assert manifest_licence("composer.json", text) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ('[project]\nlicense = "MIT OR Apache-2.0"', "MIT OR Apache-2.0"),
        ('[project]\nlicense = {text = "BSD-3-Clause"}', "BSD-3-Clause"),
        ('[project]\nlicense = {text = "Proprietary"}', UNKNOWN),
        ('[project]\nlicense = {file = "LICENSE"}', ""),
        (f'[project]\nclassifiers = ["{CLASSIFIER}MIT License"]', "MIT"),
        ('[tool.poetry]\nlicense = "GPL-3.0-only"', "GPL-3.0-only"),
        ('[project]\nlicense = "MIT"\nclassifiers = ["License :: Other/Proprietary License"]',
         f"MIT AND {UNKNOWN}"),
        ("[project", ""),
        ("project = 1", ""),
    ],
)  # fmt: skip
def test_pyproject(text: str, licence: str) -> None:
    assert manifest_licence("pyproject.toml", text) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("[metadata]\nlicense = Apache 2.0\n", "Apache-2.0"),
        ("[metadata]\nlicense_files = LICENSE\n", ""),
        (f"[metadata]\nclassifiers =\n    {CLASSIFIER}ISC License (ISCL)\n", "ISC"),
        ("[flake8]\nmax-line-length = 100%\n", ""),
        ("license = MIT", ""),
    ],
)
def test_setup_cfg(text: str, licence: str) -> None:
    assert manifest_licence("setup.cfg", text) == licence


@pytest.mark.parametrize("name", ["PKG-INFO", "METADATA"])
@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("License-Expression: MIT AND (Apache-2.0 OR ISC)", "MIT AND (Apache-2.0 OR ISC)"),
        ("License: BSD\nClassifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        (f"License: GPL\nClassifier: {CLASSIFIER}GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
        (f"License: MIT\nClassifier: {CLASSIFIER}GNU General Public License v3 (GPLv3)",
         "MIT AND GPL-3.0-only"),
        (f"License: Dual License\nClassifier: {CLASSIFIER}MIT License\n"
         f"Classifier: {CLASSIFIER}Apache Software License", "MIT OR Apache-2.0"),
        (f"License: Proprietary\nClassifier: {CLASSIFIER}MIT License", f"{UNKNOWN} AND MIT"),
        ("Classifier: License :: OSI Approved", ""),
        ("License: see LICENSE", ""),
        ("Name: foo\n\nLicense: MIT", ""),
    ],
)  # fmt: skip
def test_core_metadata(name: str, text: str, licence: str) -> None:
    found = manifest_licence(name, f"Metadata-Version: 2.4\n{text}\n")
    assert set(found.split(" AND ")) == set(licence.split(" AND "))


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ('[package]\nlicense = "MIT/Apache-2.0"', "MIT OR Apache-2.0"),
        ('[package]\nlicense = "Apache-2.0 WITH LLVM-exception"', "Apache-2.0 WITH LLVM-exception"),
        ('[workspace.package]\nlicense = "MIT"', "MIT"),
        ("[package]\nlicense.workspace = true", ""),
        ('[package]\nlicense-file = "LICENSE"', ""),
        ('[package]\nlicense = "non-standard"', UNKNOWN),
    ],
)
def test_cargo(text: str, licence: str) -> None:
    assert manifest_licence("Cargo.toml", text) == licence


def pom(*names: str) -> str:
    licences = "".join(f"<license><name>\n {name} </name></license>" for name in names)
    return f"<project><name>MIT</name><licenses>{licences}</licenses></project>"


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (pom("The Apache Software License, Version 2.0"), "Apache-2.0"),
        (pom("EPL 2.0", "MIT"), "EPL-2.0 OR MIT"),
        (pom("Foo License"), UNKNOWN),
        (f"<!-- {pom('MIT')} -->{pom('GPL v3')}", "GPL-3.0-only"),
        ("<project><name>MIT</name></project>", ""),
        ('<!DOCTYPE a [<!ENTITY m "MIT">]>' + pom("&m;"), UNKNOWN),
        ("<licenses><name>", ""),
    ],
)
def test_maven(text: str, licence: str) -> None:
    assert manifest_licence("pom.xml", text) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ('  s.license = "MIT"\n', "MIT"),
        ("  s.licenses = ['MIT', 'GPL-2.0-only']\n", "MIT AND GPL-2.0-only"),
        ("  s.licenses = %w[MIT Ruby]\n", "MIT AND Ruby"),
        ("  # s.license = 'MIT'\n  s.license = 'Nonstandard'\n", UNKNOWN),
        ("  s.name = 'foo'\n", ""),
    ],
)
def test_gemspec(text: str, licence: str) -> None:
    assert manifest_licence("foo.gemspec", text) == licence


@pytest.mark.parametrize(
    ("field", "licence"),
    [
        ("MIT + file LICENSE", "MIT"),
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("file LICENSE", ""),
        ("Unlimited", UNKNOWN),
    ],
)
def test_r(field: str, licence: str) -> None:
    assert manifest_licence("DESCRIPTION", f"Package: foo\nLicense: {field}\n") == licence
    assert manifest_licence("DESCRIPTION", f"License: {field}\n") == ""


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text())
def test_no_text_is_a_failure(name: str, text: str) -> None:
    assert not allowed(manifest_licence(name, text), []), text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "piece",
    ["a.", "[", "{", "<licenses>", "<!--", "<name> ", ".license = [", '{"a":', "\n", "License: "],
)
def test_hostile_megabytes_come_to_an_end(name: str, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert not allowed(manifest_licence(name, text), PERMISSIVE)


@pytest.mark.parametrize(
    ("name", "lead", "piece"),
    [
        ("setup.cfg", "[metadata]\nlicense", " "),
        ("setup.cfg", "[metadata]\n", "license\n"),
        ("PKG-INFO", "Classifier: License ::", " "),
        ("PKG-INFO", "Classifier: License ::", "("),
        ("DESCRIPTION", "Package: foo\nLicense:", " \n"),
    ],
)
def test_a_hostile_field_is_read_in_one_pass(name: str, lead: str, piece: str) -> None:
    begun = time.process_time()
    licence = manifest_licence(name, lead + piece * (1_000_000 // len(piece)) + "x")
    assert not allowed(licence, PERMISSIVE)
    assert time.process_time() - begun < 10
