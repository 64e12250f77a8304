import re
import socket
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from codekiln.errors import UsageError
from codekiln.serve.events import Events
from codekiln.serve.http import Settings, create_app, listening
from codekiln.serve.http.errors import CODE
from codekiln.serve.http.listening import address_of, bound, is_local
from fakes import FakeCompleter
from serve.http.asking import assistant
from serve.http.running import running


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_addresses_that_only_this_machine_reaches(host):
    assert is_local(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "fe80::1"])
def test_addresses_that_others_reach(host):
    assert not is_local(host)


def test_names_are_not_looked_up(monkeypatch):
    def looked_up(*_):
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    for ask in (is_local, lambda host: bound(host, 0)):
        with pytest.raises(UsageError, match=r"example\.org"):
            ask("example.org")
    bound("localhost", 0).close()


def test_an_address_as_a_browser_takes_it():
    with bound("127.0.0.1", 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_address_of_ipv6():
    try:
        listener = bound("::1", 0)
    except UsageError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_port_that_is_taken_says_so_and_another_is_had():
    with bound("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            bound("127.0.0.1", port)
        bound("127.0.0.1", 0).close()


def test_who_asks_before_the_server_runs_is_answered_when_it_does():
    with bound("127.0.0.1", 0) as listener:
        place = urlsplit(address_of(listener))
        with closing(HTTPConnection(place.hostname, place.port, timeout=20)) as asking:
            asking.request("GET", "/health")
            app = create_app(assistant(FakeCompleter(["1"])), Settings(), Events(None))
            with running(app, listener):
                assert asking.getresponse().status == 200


def test_too_many_connections_are_told_as_the_page_on_errors_says():
    page = (Path(__file__).parents[3] / "docs" / "errors.md").read_text(encoding="utf-8")
    [row] = re.findall(r"^\| 503 \|.*$", page, re.MULTILINE)
    assert f"{listening.CONNECTIONS} connections" in row
    app = create_app(assistant(FakeCompleter(["1"])), Settings(), Events(None))
    with running(app, http=listening._Protocol, limit_concurrency=1) as address:
        place = urlsplit(address)
        with closing(HTTPConnection(place.hostname, place.port, timeout=20)) as asking:
            asking.request("GET", "/health")
            reply = asking.getresponse()
            assert reply.status == 503
            assert reply.headers.get_content_type() == "text/plain"
            assert CODE not in reply.headers


def test_a_connection_that_says_nothing_is_closed(monkeypatch):
    monkeypatch.setattr(listening, "SILENT", 0.1)
    app = create_app(assistant(FakeCompleter(["1"])), Settings(), Events(None))
    with running(app, http=listening._Protocol) as address:
        place = urlsplit(address)
        with (
            socket.create_connection((place.hostname, place.port), timeout=20) as silent,
            closing(HTTPConnection(place.hostname, place.port, timeout=20)) as asking,
        ):
            asking.request("GET", "/health")
            assert asking.getresponse().read()
            assert silent.recv(1) == b""
            asking.request("GET", "/health")  # who has asked may ask again
            assert asking.getresponse().status == 200
