"""Each thing that keeps suggestions away is found, and named with what to do."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from codekiln.apps.connect import EDITORS, Connection, changes, write
from codekiln.apps.connect import reachable as module
from codekiln.apps.connect.reachable import diagnose_editor
from codekiln.apps.places import Places
from codekiln.errors import ModelError
from codekiln.serve.http.listening import address_of, bound
from fakes import FakeCompleter

TOKEN = "a token"
MODELS = (200, {"object": "list", "data": [{"id": "codekiln"}, {"id": "adapter"}]})


@contextmanager
def serving(
    health=(200, {"status": "ok"}), infill=(200, {"content": " np"}), models=MODELS, token=""
):
    """Somebody who answers so; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, body):
            if token and self.headers.get("Authorization") != f"Bearer {token}":
                status, body = 401, {"error": "token"}
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.answer(*(models if self.path == "/v1/models" else health))

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(*infill)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def diagnosed(tmp_path, monkeypatch):
    """Findings by name, with a model that answers at once."""
    monkeypatch.setattr(module, "load_completer", lambda _: FakeCompleter([" np"]))

    def diagnose(address, token="", environment=None):
        places = Places(tmp_path, "linux", {})
        found = diagnose_editor(address, token, Path("starter"), places, environment or {})
        return {finding.name: finding for finding in found}

    return diagnose


def test_where_all_is_well_all_is_well(diagnosed, tmp_path):
    places = Places(tmp_path, "linux", {})
    with serving() as address:
        for name in ("zed", "vim", "neovim", "continue"):
            connection = Connection(("codekiln", "lsp"), address, tmp_path)
            write(changes(name, connection, places), places.state / name)
        found = diagnosed(address)
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["completion"].detail.startswith("'np' in ")
    assert {"zed", "vim", "neovim", "continue"} < set(found)
    assert found["others"].detail.endswith("vscode, helix, emacs")


def test_nobody_at_the_address(diagnosed):
    with serving() as address:
        pass
    found = diagnosed(address)["server"]
    assert (found.state, address in found.detail) == ("missing", True)
    assert "codekiln serve --port" in found.remedy


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"health": (503, {"error": {"message": "Loading model"}})}, "still loading"),
        ({"health": (503, b"Service Unavailable")}, "all the connections"),
        ({"health": (200, b"<html>")}, "somebody else answers"),
        ({"health": (404, {})}, "somebody else answers"),
        ({"infill": (500, {"error": "no"})}, 'status 500: {"error": "no"}'),
        ({"infill": (200, {"content": "  "})}, "an empty answer"),
    ],
)
def test_what_is_wrong_with_the_server_is_said(diagnosed, answer, words):
    with serving(**answer) as address:
        found = diagnosed(address)
    wrong = [one for name, one in found.items() if name in ("server", "completion") and one.remedy]
    assert words in wrong[0].detail


def test_a_token_that_is_missing_or_wrong(diagnosed):
    with serving(token=TOKEN) as address:
        assert "is wanted" in diagnosed(address)["token"].detail
        assert "is wrong" in diagnosed(address, "another")["token"].detail
        right = diagnosed(address, TOKEN)
    assert "token" not in right
    assert right["completion"].state == "ok"


@pytest.mark.parametrize(
    ("environment", "state"),
    [
        ({}, "ok"),
        ({"http_proxy": "http://p:1"}, "warning"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "example.org"}, "warning"),
        ({"http_proxy": "http://p:1", "no_proxy": "localhost, 127.0.0.1"}, "ok"),
        ({"HTTP_PROXY": "http://p:1", "no_proxy": "*"}, "ok"),
    ],
)
def test_a_proxy_in_between(diagnosed, environment, state):
    with serving() as address:
        assert diagnosed(address, environment=environment)["proxy"].state == state


def test_a_proxy_is_not_asked_by_the_doctor(diagnosed, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving() as address:
        assert diagnosed(address)["completion"].state == "ok"


def test_a_model_that_is_none(diagnosed, monkeypatch):
    def refuse(_):
        raise ModelError("This model is none: give another.")

    monkeypatch.setattr(module, "load_completer", refuse)
    found = diagnosed("http://127.0.0.1:9")["model starter"]
    assert (found.state, found.remedy) == ("missing", "This model is none: give another.")


def test_editors_without_settings_or_with_those_of_another_address(diagnosed, tmp_path):
    assert diagnosed("http://127.0.0.1:9")["editors"].state == "missing"
    places = Places(tmp_path, "linux", {})
    connection = Connection(("codekiln", "lsp"), "http://127.0.0.1:8012", tmp_path)
    for name in ("zed", "continue", "vim"):
        write(changes(name, connection, places), places.state / name)
    found = diagnosed("http://127.0.0.1:9")
    for name in ("zed", "continue", "vim"):
        assert "leads to http://127.0.0.1:8012, not to" in found[name].detail
        remedy = f"codekiln connect {name} --address http://127.0.0.1:9"
        before = "codekiln connect continue --undo, then " if name == "continue" else ""
        assert found[name].remedy == before + remedy


@pytest.mark.parametrize("name", ["zed", "continue"])
def test_a_model_that_the_server_has_not(diagnosed, tmp_path, name):
    places = Places(tmp_path, "linux", {})
    with serving() as address:
        connection = Connection(("codekiln", "lsp"), address, tmp_path, model="größe")
        write(changes(name, connection, places), places.state / name)
        found = diagnosed(address)[name]
    assert found.state == "warning"
    assert "names the model 'größe', but the server has codekiln, adapter" in found.detail
    assert found.remedy.endswith(f"connect {name} --address {address} --model codekiln")


@pytest.mark.parametrize("models", [(404, {}), (200, {"data": [{}]}), (200, b"x"), (200, [1])])
def test_a_server_that_tells_no_models_is_not_judged_by_them(diagnosed, tmp_path, models):
    places = Places(tmp_path, "linux", {})
    with serving(models=models) as address:
        connection = Connection(("codekiln", "lsp"), address, tmp_path, model="another")
        write(changes("zed", connection, places), places.state / "zed")
        assert diagnosed(address)["zed"].state == "ok"


@pytest.mark.parametrize(
    ("name", "now", "before", "words"),
    [
        ("zed", '"prompt_format": "star_coder"', '"prompt_format": "infer"', "infers"),
        ("zed", '"prompt_format": "star_coder",', "", "infers"),
        ("continue", "provider: openai", "provider: llama.cpp", "asks for /completion"),
        ("continue", "/v1", "", "does not end with /v1"),
        ("continue", "name: codekiln", 'name: "codekiln" # ours', ""),
        ("zed", "{", "// codekiln\n{", ""),
    ],
)
def test_older_settings_of_ours_are_told_apart(diagnosed, tmp_path, name, now, before, words):
    places = Places(tmp_path, "linux", {})
    with serving() as address:
        connection = Connection(("codekiln", "lsp"), address, tmp_path)
        write(changes(name, connection, places), places.state / name)
        path = EDITORS[name].place(places)
        path.write_text(path.read_text().replace(now, before, 1))
        found = diagnosed(address)[name]
    assert (found.state == "warning", words in found.detail) == (bool(words), True)
    assert f"codekiln connect {name} --address {address}" in found.remedy or not words


def test_settings_that_cannot_be_read_are_told(diagnosed, tmp_path):
    places = Places(tmp_path, "linux", {})
    places.zed.parent.mkdir(parents=True)
    places.zed.write_text('{"open_ai_compatible_api": broken')
    found = diagnosed("http://127.0.0.1:9")["zed"]
    assert (found.state, found.remedy) == ("warning", "codekiln connect zed")


def test_somebody_who_speaks_no_http_is_told(diagnosed):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            taken, _ = listener.accept()
            with taken:
                taken.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                taken.recv(4096)

        thread = threading.Thread(target=greet)
        thread.start()
        found = diagnosed(f"http://127.0.0.1:{listener.getsockname()[1]}")["server"]
        thread.join()
    assert found.state == "missing"
    assert "no HTTP is spoken there" in found.detail


def test_a_server_that_listens_and_still_loads(diagnosed, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    with bound("127.0.0.1", 0) as listener:
        found = diagnosed(address_of(listener))["server"]
    assert found.state == "warning"
    assert "still loading" in found.remedy


def test_settings_of_somebody_else_are_not_ours(diagnosed, tmp_path):
    places = Places(tmp_path, "linux", {})
    for path, text in (
        (places.continue_, "models:\n  - name: mine\n    apiBase: http://localhost:11434\n"),
        (places.zed, "// see https://zed.dev\n{}\n"),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert diagnosed("http://127.0.0.1:9")["editors"].state == "missing"
