"""With a real server where a client hangs up or the server stops: only there do sockets close."""

import http.client
import json
import socket
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from codekiln.errors import ServerError, UsageError
from codekiln.generate import CompletionRequest
from codekiln.serve.admission import Admission
from codekiln.serve.events import Events
from codekiln.serve.http import Settings, create_app
from codekiln.serve.http.errors import told_of
from codekiln.serve.http.replies import streamed
from fakes import FakeCompleter
from serve.http.asking import ADDRESS, SAID, Endless, asking, assistant
from serve.http.running import running

SOON = 20
BODY = {"input_prefix": "x = "}


def app_of(completer, settings=None):
    """A server with one route more, whose answer is a piece a chunk."""
    made = assistant(completer)
    app = create_app(made, settings or Settings())

    @app.post("/pieces")
    async def pieces(request: Request):
        def work(cancelled):
            for chunk in made.stream(CompletionRequest("x", cancelled=cancelled)):
                yield f"{chunk.text}\n".encode()

        return await streamed(
            request,
            work,
            media_type="text/plain",
            failed=lambda error: f"failed: {told_of(error)[1]}\n".encode(),
        )

    return app


def posted(address, path, body=BODY):
    """A connection whose request is sent."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=SOON)
    connection.request("POST", path, json.dumps(body))
    return connection


@pytest.mark.parametrize("path", ["/infill", "/pieces", "/v1/completions"])
def test_who_hangs_up_is_no_longer_answered(path):
    completer = Endless()
    body = {**BODY, "segments": {"prefix": "x"}}
    with running(app_of(completer)) as address:
        with closing(posted(address, path, body)):
            assert completer.begun.wait(SOON)
            assert not completer.left.is_set()
        assert completer.left.wait(SOON)
        with closing(posted(address, "/tokenize", {"content": "x"})) as another:
            assert another.getresponse().status == 200  # it lives on


def test_who_hangs_up_in_the_middle_of_a_stream():
    completer = Endless()
    with running(app_of(completer)) as address:
        with closing(posted(address, "/pieces")) as connection:
            assert connection.getresponse().readline() == b"x\n"
        assert completer.left.wait(SOON)


@pytest.mark.parametrize("path", ["/pieces", "/infill"])
def test_a_server_that_stops_finishes_its_answers(path):
    completer = Endless(pieces=60, pause=0.01)
    with running(app_of(completer)) as address:
        connection = posted(address, path)
        assert completer.begun.wait(SOON)
        heard = []
        reader = threading.Thread(target=lambda: heard.append(connection.getresponse().read()))
        reader.start()
    reader.join(SOON)  # by now the server has stopped
    connection.close()
    assert heard[0].count(b"x") >= 60


def test_after_its_last_answer_it_is_not_there_any_more():
    app = app_of(FakeCompleter([SAID]))
    with running(app) as address, closing(posted(address, "/infill")) as connection:
        assert connection.getresponse().status == 200
    with pytest.raises(ConnectionRefusedError):
        posted(address, "/infill")


def test_a_body_that_does_not_come_is_not_waited_for():
    with running(app_of(FakeCompleter([SAID]), Settings(body_seconds=0.1))) as address:
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port), SOON) as connection:
            head = "POST /infill HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        with closing(posted(address, "/infill")) as another:
            assert another.getresponse().status == 200


@pytest.mark.parametrize("path", ["/infill", "/pieces"])
def test_more_than_there_is_room_for_are_to_come_again(path):
    completer = Endless()
    with running(app_of(completer, Settings(threads=1))) as address:
        with closing(posted(address, path)):
            assert completer.begun.wait(SOON)
            with closing(posted(address, path)) as second:
                reply = second.getresponse()
                assert (reply.status, reply.headers["Retry-After"]) == (429, "1")
                assert json.loads(reply.read())["error"]["type"] == "rate_limit_error"
        assert completer.left.wait(SOON)


def test_a_full_queue_says_the_same():
    admission = Admission(1)
    with asking(admission=admission) as (client, _):
        with admission.admitted():
            reply = client.post("/infill", json=BODY)
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "1")
        assert "--engine" in reply.json()["error"]["message"]
        assert client.post("/infill", json=BODY).status_code == 200


class Failing(FakeCompleter):
    """Raises `error` after its pieces."""

    def complete(self, request):
        for chunk in super().complete(request):
            if chunk.finish_reason is None:
                yield chunk
        raise self.error


def failing(error, pieces):
    made = Failing([*pieces, ""])
    made.error = error
    return made


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("too wide"), 400),
        (ServerError("is away"), 502),
        (RuntimeError("a secret"), 500),
    ],
)
@pytest.mark.parametrize("path", ["/infill", "/pieces"])
def test_what_goes_wrong_has_its_status(error, status, path):
    app = app_of(failing(error, []))
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        reply = client.post(path, json=BODY)
    assert reply.status_code == status
    assert reply.json()["error"]["code"] == status
    expected = "terminal" if status == 500 else str(error)
    assert expected in reply.json()["error"]["message"]
    assert "secret" not in reply.text


def test_what_goes_wrong_later_ends_the_stream_with_a_word():
    with TestClient(app_of(failing(ServerError("is away"), ["x"])), base_url=ADDRESS) as client:
        reply = client.post("/pieces")
    assert (reply.status_code, reply.text) == (200, "x\nfailed: is away\n")


def test_a_stream_that_takes_too_long_ends_with_a_word():
    completer = Endless()
    app = app_of(completer, Settings(answer_seconds=0.2))
    with TestClient(app, base_url=ADDRESS) as client:
        reply = client.post("/pieces")
        assert completer.left.wait(SOON)
    assert reply.text.startswith("x\n")
    assert reply.text.endswith("failed: The answer took longer than 0.2 s: ask for fewer tokens.\n")


def test_two_who_type_in_files_of_the_same_name_do_not_cancel_each_other():
    """Of one person a newer request of a document ends the older, as Tabby's clients name it."""
    documents = []
    made = assistant(FakeCompleter(["1"]))
    admitted = made.admission.admitted

    def noted(document="", cancelled=None):
        documents.append(document)
        return admitted(document, cancelled)

    made.admission.admitted = noted
    body = {"language": "python", "segments": {"prefix": "x = ", "filepath": "a.py"}}
    for host in ("10.0.0.1", "10.0.0.2", "10.0.0.2"):
        app = create_app(made, Settings(), Events(None))
        with TestClient(app, base_url=ADDRESS, client=(host, 1)) as client:
            assert client.post("/v1/completions", json=body).status_code == 200
    one, other, again = documents
    assert one != other == again
