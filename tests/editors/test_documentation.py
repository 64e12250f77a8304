"""What docs/editors.md has one write by hand is what `codekiln connect` writes."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from codekiln.apps.connect import EDITORS, Connection, changes
from codekiln.apps.connect.jsonc import parsed
from codekiln.apps.places import Places

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")


def block(kind, word):
    """The one block of a kind that has a word."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if word in text)
    return found


@pytest.fixture
def written(tmp_path):
    """The text of an editor's first file, as it is written where there is none."""
    connection = Connection(
        ("codekiln", "lsp"),
        "http://127.0.0.1:8012",
        Path("/path/to/codekiln/editors/neovim"),
        "",
        "starter",
    )

    def write(name):
        return changes(name, connection, Places(tmp_path, "linux", {}))[0].after

    return write


def test_every_editor_has_a_section_and_its_command():
    for name in EDITORS:
        assert f"codekiln connect {name}" in PAGE


def test_json_and_yaml_are_the_same(written):
    assert json.loads(block("json", "edit_predictions")) == parsed(written("zed"))
    ours = yaml.safe_load(block("yaml", "apiBase"))["models"]
    assert ours == yaml.safe_load(written("continue"))["models"]


def test_helix_has_the_same_server(written):
    by_hand, ours = tomllib.loads(block("toml", "language-server")), tomllib.loads(written("helix"))
    assert by_hand["language-server"] == ours["language-server"]
    assert by_hand["language"][0]["language-servers"][-1] == "codekiln"


def test_lua_and_lisp_are_the_same(written):
    lines = block("lua", "runtimepath").splitlines()
    assert lines == written("neovim").splitlines()[1:]
    for word in ("eglot", "lsp-mode"):
        squeezed = "".join(block("elisp", word).split())
        assert squeezed in "".join(re.sub(r";[^\n]*", "", written("emacs")).split())
    address = "'endpoint_fim': 'http://127.0.0.1:8012/infill'"
    assert address in block("vim", "llama_config")
    assert address in written("vim")
