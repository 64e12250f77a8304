import threading
import time

import pytest

from codekiln.errors import ServerError, UsageError
from codekiln.generate import CompletionChunk, CompletionRequest
from codekiln.generate.servers.within import within


class Server:
    """Says pieces with a pause before each, and remembers whether it was closed."""

    def __init__(self, pieces, pause=0.0, error=None):
        self.closed = threading.Event()
        self._pieces, self._pause, self._error = pieces, pause, error

    def chunks(self):
        try:
            for place, text in enumerate(self._pieces):
                time.sleep(self._pause)
                last = place == len(self._pieces) - 1 and not self._error
                yield CompletionChunk(text, (place,), (), "end" if last else None, 7)
            if self._error:
                raise self._error
        finally:
            self.closed.set()


def asked(server, **settings):
    return list(within(CompletionRequest("x", **settings), server.chunks()))


def text_of(chunks):
    return "".join(chunk.text for chunk in chunks)


@pytest.mark.parametrize(
    "settings", [{}, {"deadline_ms": 60_000}, {"cancelled": threading.Event()}]
)
def test_an_answer_within_its_bounds_is_as_it_was(settings):
    server = Server(["a", "\nb", "c"])
    chunks = asked(server, **settings)
    assert text_of(chunks) == "a\nbc"
    assert [chunk.finish_reason for chunk in chunks] == [None, None, "end"]
    assert server.closed.wait(5)


@pytest.mark.parametrize("settings", [{}, {"deadline_ms": 60_000}])
def test_lines_and_block_end_it_and_close_the_connection(settings):
    for wanted in ({"lines": 1}, {"block": True}):
        server = Server(["    a\n", "   b", "c", "\nd", "e"])
        chunks = asked(server, **settings, **wanted)
        assert text_of(chunks) == "    a" if "lines" in wanted else "    a\n   bc"
        assert server.closed.wait(5)
    assert chunks[-1].finish_reason in ("stop", "end")


def test_after_the_deadline_the_answer_is_what_there_is():
    begun = time.monotonic()
    chunks = asked(Server(["a"] * 1000, pause=0.01), deadline_ms=100)
    assert time.monotonic() - begun < 5
    assert chunks[-1].finish_reason == "deadline"
    assert 0 < len(text_of(chunks)) < 1000


def test_a_silent_server_is_not_waited_for():
    server = Server(["a", "b"], pause=1.5)
    begun = time.monotonic()
    chunks = asked(server, deadline_ms=50)
    assert time.monotonic() - begun < 1.4
    assert (text_of(chunks), chunks[-1].finish_reason) == ("", "deadline")
    assert server.closed.wait(10)


def test_a_caller_who_leaves():
    event = threading.Event()
    threading.Timer(0.05, event.set).start()
    chunks = asked(Server(["a"] * 1000, pause=0.01), cancelled=event)
    assert chunks[-1].finish_reason == "cancelled"


def test_an_error_comes_behind_the_text_before_it():
    chunks = within(
        CompletionRequest("x", deadline_ms=60_000),
        Server(["a", "b"], error=ServerError("broke")).chunks(),
    )
    assert next(chunks).text == "a"
    assert next(chunks).text == "b"
    with pytest.raises(ServerError, match="broke"):
        next(chunks)


def test_contradictions_are_refused_at_once():
    with pytest.raises(UsageError, match="leave one of them out"):
        within(CompletionRequest("x", lines=1, block=True), Server(["a"]).chunks())
    for settings in ({"lines": 1}, {"block": True}):
        assert text_of(asked(Server(["a"]), **settings)) == "a"
