"""`codekiln index`: of a corpus, of a folder, and where a text stands in them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.index import Index
from codekiln.index.shard import SUFFIXES
from codekiln.tokenizer import train_bpe
from fakes import build_corpus, tiny_tokenizer
from model_artifacts import model_artifact

LINE = "    return [number * number for number in numbers if number % 3 == 1]\n"
FILES = {f"package{n}/module.py": f"def squares_{n}(numbers):\n{LINE}" for n in range(8)}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of code, a corpus of it, and a model that never learned anything."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def corpus(place):
    return build_corpus(place, FILES).path


@pytest.fixture(scope="module")
def model(place):
    return model_artifact(place / "work").path


@pytest.fixture
def code(place, corpus, tmp_path):
    """A folder of the same code, to be changed."""
    return shutil.copytree(place / "code", tmp_path / "code")


@pytest.fixture
def given(model, tmp_path):
    return ["--model", model, "--work", tmp_path / "work"]


@pytest.fixture
def built(codekiln, corpus, given):
    """What `index build --json` said."""
    return codekiln("index", "build", corpus, *given, "--json").json


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.py"
    path.write_text(f"def mine(numbers):\n{LINE}\n\nprint(mine([1]))\n")
    return path


def test_an_index_of_a_corpus(codekiln, corpus, given, built):
    found = Index.open(Path(built["artifact"]), tiny_tokenizer())
    assert found.tokens == built["statistics"]["tokens"] > 100
    assert built["statistics"]["documents"] >= 4
    again = codekiln("index", "build", corpus, *given)
    assert again.code == 0
    assert built["artifact"] in again.out
    assert f"{found.tokens:,} tokens" in again.out


def test_an_index_of_a_folder_reads_what_changed(codekiln, code, given):
    first = codekiln("index", "folder", code, *given, "--json").json
    assert first["changed"] == len(FILES)
    assert first["folder"] == str(code)
    assert codekiln("index", "folder", code, *given, "--json").json["changed"] == 0
    (code / "package1/module.py").write_text(f"def other(numbers):\n{LINE}")
    (code / "package2/module.py").unlink()
    result = codekiln("index", "folder", code, *given)
    assert result.code == 0
    assert result.out.startswith("2 files changed, ")


def test_an_empty_folder_has_an_index_of_nothing(codekiln, code, given):
    for name in FILES:
        (code / name).unlink()
    assert codekiln("index", "folder", code, *given, "--json").json["tokens"] == 0


def test_where_a_text_stands_in_an_index(codekiln, built, text, given):
    found = codekiln("index", "trace", built["artifact"], text, *given, "--json").json
    (passage,) = found["passages"]
    assert LINE.strip() in passage["text"]
    assert text.read_text()[passage["start"] : passage["end"]] == passage["text"]
    assert passage["count"] == built["statistics"]["documents"]
    assert not passage["flagged"]
    assert {place["line"] for place in passage["places"]} == {1}
    result = codekiln("index", "trace", built["artifact"], text, *given)
    assert result.code == 0
    assert LINE.strip() in result.out
    assert "1 passages" in result.out


def test_where_a_text_stands_in_a_folder(codekiln, code, text, given):
    command = ["index", "trace", code, text, *given]
    (passage,) = codekiln(*command, "--json").json["passages"]
    assert passage["count"] == len(FILES)
    assert codekiln(*command, "--least", 500, "--json").json["passages"] == []
    for name in FILES:
        (code / name).unlink()
    assert codekiln(*command, "--json").json["passages"] == []


def test_a_licence_that_is_not_allowed_is_flagged(codekiln, code, text, given):
    (code / "LICENSE").write_text("SPDX-License-Identifier: GPL-3.0-only\n")
    header = "# SPDX-License-Identifier: GPL-3.0-only\n"
    for name in FILES:
        (code / name).write_text(header + (code / name).read_text())
    command = ["index", "trace", code, text, *given]
    (passage,) = codekiln(*command, "--allow", "MIT", "--json").json["passages"]
    assert passage["flagged"]
    assert "licence not on your list" in codekiln(*command, "--allow", "MIT").out
    (passage,) = codekiln(*command, "--allow", "GPL-3.0-only", "--json").json["passages"]
    assert not passage["flagged"]


def test_a_project_may_have_a_manifest_of_its_own(codekiln, code, text, given):
    (code / "manifest.json").write_text('{"manifest_version": 3, "name": "an extension"}')
    command = ["index", "trace", code, text, *given]
    assert len(codekiln(*command, "--json").json["passages"]) == 1
    (code / "manifest.json").write_text('{"manifest_')
    assert_refused(codekiln(*command), 1, "is damaged")


def test_what_is_no_index(codekiln, corpus, model, code, text, given, tmp_path):
    trace = ["index", "trace"]
    assert_refused(codekiln(*trace, corpus, text, *given), 1, "'corpus', but 'index' is needed")
    assert_refused(codekiln(*trace, model, text, *given), 1, "'model', but 'index' is needed")
    nowhere = codekiln(*trace, tmp_path / "none", text, *given)
    assert_refused(nowhere, 2, "none")
    result = codekiln(*trace, tmp_path / "none", text, *given, "--json")
    assert_refused_as_json(result, 2, "SourceError", "none")
    assert_refused(codekiln(*trace, text, text, *given), 2, str(text))
    assert_refused(codekiln("index", "folder", tmp_path / "none", *given), 2, "none")
    assert_refused(codekiln("index", "folder", text, *given), 2, str(text))
    assert_refused(codekiln("index", "build", code, *given), 1, "is no artifact")
    assert_refused(codekiln("index", "build", model, *given), 1, "but 'corpus' is needed")


def test_texts_that_cannot_be_looked_for(codekiln, code, given, tmp_path):
    assert_refused(codekiln("index", "trace", code, tmp_path / "no", *given), 2, "There is no file")
    (tmp_path / "binary").write_bytes(b"a\0b")
    assert_refused(codekiln("index", "trace", code, tmp_path / "binary", *given), 2, "binary")
    (tmp_path / "empty").write_bytes(b"")
    found = codekiln("index", "trace", code, tmp_path / "empty", *given, "--json")
    assert found.json["passages"] == []


def test_an_index_of_another_tokenizer(codekiln, built, text, tmp_path):
    other = train_bpe(iter(["import os\n" * 9, "class Other: pass\n" * 9]), 290)
    model = model_artifact(tmp_path / "other", tokenizer=other).path
    result = codekiln("index", "trace", built["artifact"], text, "--model", model)
    assert_refused(result, 1, "another tokenizer", "build an index")


@pytest.mark.parametrize("damage", ["cut", "lost", "altered"])
def test_an_index_whose_files_changed_underneath(codekiln, built, text, given, tmp_path, damage):
    index = shutil.copytree(built["artifact"], tmp_path / "copy")
    path = index / "shard-00000" / SUFFIXES
    command = ["index", "trace", index, text, *given]
    assert codekiln(*command).code == 0
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "lost":
        path.unlink()
    else:
        suffixes = np.load(path)
        suffixes[:] = 2**30
        np.save(path, suffixes)
    assert_refused(codekiln(*command), 1, SUFFIXES, "again")


def test_an_index_of_a_folder_that_was_damaged_is_made_anew(codekiln, code, text, given, tmp_path):
    command = ["index", "trace", code, text, *given, "--json"]
    first = codekiln(*command).json["passages"]
    (state,) = (tmp_path / "work").rglob("state.json")
    for content in (b"", b"{", json.dumps({"shards": ["none"]}).encode()):
        state.write_bytes(content)
        assert codekiln(*command).json["passages"] == first
