"""`codekiln connect`: shown first, written when told, taken back; refusals with lines to paste."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.apps.connect import EDITORS
from codekiln.apps.places import Places
from codekiln.cli.connect import EditorName


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_command_line_knows_the_editors_of_the_app():
    assert [editor.value for editor in EditorName] == list(EDITORS)


@pytest.mark.parametrize("editor", EDITORS)
def test_it_is_written_once_and_taken_back(editor, home, codekiln):
    done = codekiln("connect", editor, "--yes")
    assert done.code == 0
    assert done.out.startswith("Written.")
    assert files(home)
    assert "has these settings already" in codekiln("connect", editor, "--yes").out
    assert codekiln("connect", editor, "--undo", "--yes").code == 0
    assert files(home) == []


def test_without_yes_it_is_shown_and_nobody_is_asked_who_is_not_there(home, codekiln):
    done = codekiln("connect", "zed")
    assert done.code == 2
    assert "+++ " in done.out
    assert "add --yes" in done.err
    assert files(home) == []


def test_as_json_it_is_shown_and_only_with_yes_written(home, codekiln):
    found = codekiln("connect", "zed", "--json").json
    assert (found["written"], files(home)) == (False, [])
    assert "open_ai_compatible_api" in found["files"][0]["diff"]
    assert codekiln("connect", "zed", "--json", "--yes").json["written"] is True
    assert json.loads(Places().zed.read_text())["edit_predictions"]["provider"]


def test_a_model_is_named_by_where_it_lies(home, codekiln, monkeypatch):
    monkeypatch.chdir(home)
    Path("mine").mkdir()
    codekiln("connect", "vscode", "--model", "mine", "--yes")
    command = json.loads(Places().vscode.read_text())["codekiln.command"]
    assert command[-2:] == ["--model", str(home / "mine")]
    assert Path(command[0]).is_absolute()


@pytest.mark.parametrize(
    ("model", "name"),
    [(".", "mine"), ("../mine/", "mine"), ("link", "there"), ("a/name", "a/name")],
)
def test_a_model_is_called_as_the_server_calls_it(home, codekiln, monkeypatch, model, name):
    (home / "mine" / "there").mkdir(parents=True)
    monkeypatch.chdir(home / "mine")
    Path("link").symlink_to("there")
    codekiln("connect", "zed", "--model", model, "--yes")
    settings = json.loads(Places().zed.read_text())["edit_predictions"]
    assert settings["open_ai_compatible_api"]["model"] == name


def test_what_cannot_be_merged_is_refused_with_the_lines_to_paste(home, codekiln):
    Places().zed.parent.mkdir(parents=True)
    Places().zed.write_text("[]")
    done = codekiln("connect", "zed", "--yes")
    assert done.code == 1
    assert "put these lines in by hand" in done.err
    assert json.loads(done.out)["edit_predictions"]["provider"] == "open_ai_compatible_api"
    found = codekiln("connect", "zed", "--yes", "--json")
    assert_refused_as_json(found, 1, "SettingsError", "put these lines in by hand")


def test_an_unknown_editor_and_nothing_to_take_back_are_refused(home, codekiln):
    assert_refused(codekiln("connect", "ed"), 2, "'neovim'")
    assert_refused(codekiln("connect", "zed", "--undo", "--yes"), 1, "Nothing was written")


@pytest.mark.slow
def test_the_doctor_finds_a_server_that_completes(home, codekiln):
    command = [
        sys.executable,
        "-m",
        "codekiln",
        "serve",
        "--port",
        "0",
        "--json",
        "--work",
        str(home),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            address = json.loads(server.stdout.readline())["address"]
            codekiln("connect", "zed", "--address", address, "--yes")
            found = codekiln("doctor", "--editor", "--address", address, "--json").json["findings"]
        finally:
            server.terminate()
    found = {one["name"]: one for one in found}
    assert (found["server"]["state"], found["zed"]["state"]) == ("ok", "ok")
    assert "np" in found["completion"]["detail"]
    assert "np" in found["model starter"]["detail"]
