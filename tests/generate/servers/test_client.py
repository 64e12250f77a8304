"""Failures of every kind are one sentence with a remedy; the key and the code go to one host alone."""

import socket
import subprocess
import sys

import pytest

from codekiln.errors import ServerError, UsageError
from codekiln.generate.servers import open_server
from codekiln.generate.servers.client import API_KEY, Client
from model_server import ModelServer, Reply, events, lines, said

MODELS = "GET /v1/models"
OPENAI = {MODELS: said({"data": [{"id": "starcoder2"}]})}


def ask(server):
    with open_server(server.url) as completer:
        return completer.dialect.model


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (said({"error": {"message": "Loading"}}, 503), r"not ready \(Loading\): try again when"),
        (said({"error": "busy"}, 429), r"too much to do \(busy\): try again later"),
        (said({"detail": "no"}, 401), r"wants a key \(no\): set CODEKILN_API_KEY"),
        (said({"error": "no"}, 403), r"wants a key \(no\): set CODEKILN_API_KEY"),
        (said({"error": {"message": "x" * 999}}, 500), r"refuses with status 500 \(x{200}\): see its log"),
        (Reply(["<html>Bad gateway"], 502), "refuses with status 502: see its log"),
        (Reply(["Not found"], 404), "has no /v1/models: give the address of a model's server"),
        (Reply(["<!DOCTYPE html><title>Router</title>"]), "answers with a web page, not with JSON"),
        (Reply(["[1, 2]"]), "answers with something else, not with JSON"),
        (Reply([]), "answers with something else, not with JSON"),
        (said({"data": [{"name": "no id"}]}), r"in a form that is not known \(KeyError"),
        (said({"data": 7}), r"in a form that is not known"),
        (Reply(['{"data": ['], breaks=True), "connection to .* broke"),
        (Reply([], 302, headers={"Location": "http://else.invalid/v1"}), "to http://else.invalid/v1: give"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_with_its_remedy(reply, message):
    with ModelServer({MODELS: reply}) as server, pytest.raises(ServerError, match=message):
        ask(server)
    with ModelServer(OPENAI) as server:
        assert ask(server) == "starcoder2"


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ServerError, match=f"Nothing answers at {url}: start the server there"):
            open_server(url)


def test_a_silent_server_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerError, match=r"was silent for 0.2 seconds"):
            open_server(url, timeout=0.2)


@pytest.mark.parametrize(
    "url", ["", "localhost:8080", "ftp://h/x", "http://", "file:///etc/passwd"]
)
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(UsageError, match="A server's address is like http://localhost:8080"):
        open_server(url)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="CODEKILN_API_KEY") as refusal:
        open_server("http://me:secret@localhost:1/")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://host/v1/", "https://host"),
        ("https://host/team/v1?key=1#x", "https://host/team"),
    ],
)
def test_an_address_with_or_without_v1(url, shown):
    client = Client(url)
    assert client.url.rstrip("/") == shown
    client.close()


def test_the_key_is_sent_and_shown_nowhere(monkeypatch):
    monkeypatch.setenv(API_KEY, "sesame")
    with ModelServer({**OPENAI, "GET /bad": said({"error": "no"}, 401)}) as server:
        with open_server(server.url) as completer:
            assert "sesame" not in repr(completer)
            with pytest.raises(ServerError, match="wants another key") as refusal:
                completer.client.get("/bad")
            assert "sesame" not in str(refusal.value)
        assert {headers.get("Authorization") for headers in server.headers} == {"Bearer sesame"}
    monkeypatch.delenv(API_KEY)
    with ModelServer(OPENAI) as server:
        ask(server)
        assert not any("Authorization" in headers for headers in server.headers)


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel"])
def test_a_key_that_is_none_is_refused_and_not_repeated(monkeypatch, key):
    monkeypatch.setenv(API_KEY, key)
    with pytest.raises(
        UsageError, match=r"^CODEKILN_API_KEY holds what no key has: set it anew\.$"
    ):
        Client("http://localhost:1")


def test_a_redirect_takes_neither_key_nor_code_along(monkeypatch):
    monkeypatch.setenv(API_KEY, "sesame")
    with ModelServer({"POST /x": said({})}) as other:
        for status in (301, 307, 308):
            away = Reply([], status, headers={"Location": other.url + "/x"})
            with ModelServer({"POST /x": away}) as server:
                client = Client(server.url)
                with pytest.raises(ServerError, match="sends on to"):
                    client.post("/x", {"code": "mine"})
                client.close()
        assert not other.asked


def test_localhost_is_never_asked_through_a_proxy(monkeypatch):
    with ModelServer({}) as proxy, ModelServer(OPENAI) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert ask(server) == "starcoder2"
        assert not proxy.asked
        with pytest.raises(ServerError):  # and another host is
            open_server("http://model.invalid:80")
        assert proxy.asked


def test_a_server_that_hung_up_on_a_kept_connection_is_asked_once_more():
    """llama.cpp closes kept connections now and then, as the next question is on its way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        served = subprocess.Popen(
            [sys.executable, "-c", HANGS_UP, str(listener.fileno())], pass_fds=[listener.fileno()]
        )
        with served:
            client = Client(url)
            assert client.get("/a") == {}
            client.close()


HANGS_UP = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
first, _ = listener.accept()
first.recv(9999)
first.close()
second, _ = listener.accept()
second.recv(9999)
second.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\n{}")
second.close()
"""


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b'data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]\n\n'], [1, 2]),
        ([b'da', b'ta: {"a"', b': 1}\r', b'\n\r\n', b'data: {"a": 2}'], [1, 2]),
        ([b': hello\nevent: x\nid: 3\nretry: 5\ndata: {"a": 1}\n\n'], [1]),
        ([b'data: {"a": 1}\n\ndata: [DONE]\n\ndata: {"a": 9}\n\n'], [1]),
        ([b'{"a": 1}\n', b'{"a": 2}\n'], [1, 2]),
        (['{"a": "\u2028\x85é"}\n'.encode()], ["\u2028\x85é"]),
        ([], []),
    ],
)  # fmt: skip
def test_events_come_whole_however_the_bytes_are_cut(parts, expected):
    for pieces in (parts, [bytes([byte]) for part in parts for byte in part]):
        with ModelServer({"POST /x": Reply(pieces)}) as server:
            client = Client(server.url)
            assert [event["a"] for event in client.stream("/x", {})] == expected
            client.close()


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (events({"a": 1}, {"error": {"message": "boom"}}), r"broke its answer off \(boom\)"),
        (Reply(['data: {"a": 1}\n\n', 'error: {"message": "boom"}\n\n']), r"answer off \(boom\)"),
        (lines({"a": 1}, {"error": "boom"}), r"broke its answer off \(boom\)"),
        (Reply(['{"a": 1}\n', "<html>"]), "a web page"),
        (Reply(['{"a": 1}\n', b"x" * 1_100_000]), "line without end"),
        (lines({"a": 1}, breaks=True), "connection .* broke"),
    ],
)
def test_an_error_in_a_stream_comes_after_what_was_sent(reply, message):
    with ModelServer({"POST /x": reply}) as server:
        client = Client(server.url)
        stream = client.stream("/x", {})
        assert next(stream) == {"a": 1}
        with pytest.raises(ServerError, match=message):
            next(stream)
        client.close()


WITHOUT_HTTPX = """
import sys
sys.modules["httpx"] = None
import codekiln.generate
from codekiln.errors import MissingExtraError
try:
    import codekiln.generate.servers
except MissingExtraError as error:
    print(error)
"""


def test_without_the_extra_it_is_told_how_to_get_it():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HTTPX], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "Completing with a server's model needs the extra 'servers': pip install 'codekiln[servers]'\n"
    )
