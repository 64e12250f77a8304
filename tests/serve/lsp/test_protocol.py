"""Messages that are none: each request has one answer with the right code, and the server lives on."""

import asyncio
import json
import time
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types

from codekiln.serve.events import Events
from codekiln.serve.lsp.assistants import Model
from codekiln.serve.lsp.server import CodekilnServer
from codekiln.serve.lsp.stdio import LARGEST, messages
from fakes import FakeCompleter, tiny_tokenizer

INITIALIZE = {"id": 0, "method": "initialize", "params": {"capabilities": {}, "processId": None}}
OPEN = {
    "method": "textDocument/didOpen",
    "params": {
        "textDocument": {
            "uri": "file:///a.py",
            "languageId": "python",
            "version": 1,
            "text": "x = \n",
        }
    },
}
GHOST = {
    "method": "textDocument/inlineCompletion",
    "params": {
        "textDocument": {"uri": "file:///a.py"},
        "position": {"line": 0, "character": 4},
        "context": {"triggerKind": 1},
    },
}
# Plain completion: a newer inline one would end the one before it.
PLACE = {name: GHOST["params"][name] for name in ("textDocument", "position")}
LAST = {"id": "last", "method": "textDocument/completion", "params": PLACE}
END = [{"id": "end", "method": "shutdown"}, {"method": "exit"}]


def framed(message):
    """A message as it travels; bytes travel as they are."""
    if isinstance(message, bytes):
        return message
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def conversation(tmp_path, *sent):
    """What a server answers to these messages; `END` comes once the request `last` was answered."""

    class Out:
        def __init__(self):
            self.data = b""

        def write(self, data):
            self.data += data

        def close(self):
            pass

    async def served():
        model = Model("fake", tiny_tokenizer(), lambda _: FakeCompleter(["1"]))
        server, out = CodekilnServer(lambda: model, tmp_path, Events(None)), Out()
        server.protocol.set_writer(out)
        stream, ending = BytesIO(b"".join(map(framed, sent))), BytesIO(b"")
        if sent[-2:] == tuple(END):
            stream, ending = (BytesIO(b"".join(map(framed, part))) for part in (sent[:-2], END))

        def read(size):
            if given := stream.read(size):
                return given
            while ending.getbuffer().nbytes and b'"last"' not in out.data:
                time.sleep(0.001)
            return ending.read(size)

        code = await server.run(read)
        bodies = messages(BytesIO(out.data).read1)
        return code, [json.loads(body) for body in bodies]

    return asyncio.run(asyncio.wait_for(served(), 60))


def answers(tmp_path, *sent):
    """The answers to what is sent to a server that was initialized, by their ids."""
    code, said = conversation(tmp_path, INITIALIZE, OPEN, *sent, LAST, *END)
    assert code == 0
    found = {one["id"]: one for one in said if "id" in one and "method" not in one}
    assert "error" not in found[0]
    return found


def test_a_right_request_is_answered(tmp_path):
    found = answers(tmp_path, {**GHOST, "id": 7})
    assert found[7]["result"]["items"][0]["insertText"] == "1"


PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602


@pytest.mark.parametrize(
    ("message", "name", "code"),
    [
        (b"Content-Length: 5\r\n\r\n{'a':", None, PARSE),
        (b"Content-Length: 2\r\n\r\n\xff\xfe", None, PARSE),
        (b"Content-Length: 20001\r\n\r\n" + b"[" * 20001, None, PARSE),
        (b"Content-Type: text\r\n\r\n", None, PARSE),
        (b"Content-Length: -3\r\n\r\n", None, PARSE),
        (b"Content-Length: 2\r\n\r\n[]", None, REQUEST),
        (b"Content-Length: 4\r\n\r\nnull", None, REQUEST),
        (b'Content-Length: 20\r\n\r\n{"id":3,"method":"a"}'[:-1] + b" ", None, PARSE),
        ({"jsonrpc": "1.0", "id": 3, "method": "shutdown"}, None, REQUEST),
        ({"id": None, "method": "shutdown"}, None, REQUEST),
        ({"id": 1.5, "method": "shutdown"}, None, REQUEST),
        ({"id": True, "method": "shutdown"}, None, REQUEST),
        ({}, None, REQUEST),
        ({"id": 3, "method": 4}, 3, REQUEST),
        ({"id": 3, "method": "no/such"}, 3, METHOD),
        ({"id": 3, "method": "textDocument/didOpen", "params": {}}, 3, REQUEST),
        ({"id": 3, "method": "initialize", "params": {"capabilities": {}}}, 3, REQUEST),
        ({"id": 3, "method": GHOST["method"]}, 3, PARAMS),
        ({"id": 3, "method": GHOST["method"], "params": []}, 3, PARAMS),
        (
            {"id": 3, "method": GHOST["method"], "params": {**GHOST["params"], "position": 3}},
            3,
            PARAMS,
        ),
        (
            {
                "id": 3,
                "method": GHOST["method"],
                "params": {**GHOST["params"], "position": {"line": -1, "character": 0}},
            },
            3,
            PARAMS,
        ),
        ({"id": 3, "method": "workspace/executeCommand", "params": {"command": "rm"}}, 3, PARAMS),
        (
            {
                "id": 3,
                "method": "workspace/executeCommand",
                "params": {"command": "codekiln.fix", "arguments": [1]},
            },
            3,
            PARAMS,
        ),
    ],
)
def test_what_is_no_message_is_refused_and_the_next_one_answered(tmp_path, message, name, code):
    found = answers(tmp_path, message)
    assert found[name]["error"]["code"] == code
    assert found["last"]["result"]["items"]


@pytest.mark.parametrize(
    "message",
    [
        {"method": "no/such"},
        {"method": "$/unheard"},
        {"method": "textDocument/didChange", "params": {"textDocument": {}}},
        {
            "method": "textDocument/didChange",
            "params": {"textDocument": {"uri": "file:///b", "version": 2}, "contentChanges": []},
        },
        {"method": "$/cancelRequest", "params": {"id": 99}},
        {"method": GHOST["method"], "params": GHOST["params"]},
        {"id": 99, "result": None},
        {"id": "none", "error": {"code": 1, "message": "no"}},
    ],
)
def test_a_notification_that_is_none_has_no_answer(tmp_path, message):
    assert set(answers(tmp_path, message)) <= {0, "last", "end", None}


def test_before_and_after_its_time_nothing_is_answered(tmp_path):
    sent = [{**GHOST, "id": 1}, INITIALIZE, OPEN, END[0], {**GHOST, "id": 2}, END[1]]
    code, said = conversation(tmp_path, *sent)
    found = {one["id"]: one for one in said if "id" in one}
    assert code == 0
    assert found[1]["error"]["code"] == types.ErrorCodes.ServerNotInitialized
    assert found[2]["error"]["code"] == types.ErrorCodes.InvalidRequest
    assert conversation(tmp_path, INITIALIZE, {"method": "exit"})[0] == 1
    assert conversation(tmp_path)[0] == 1


def test_a_stream_is_cut_into_messages_wherever_it_breaks():
    bodies = [b"{}", b"", b'{"a": "\r\n\r\n"}', b"x" * 70_000]
    stream = b"".join(b"content-length:%d\r\nX: y\r\n\r\n%b" % (len(b), b) for b in bodies)
    for step in (1, 2, 3, 7, 4096, 1 << 20):
        rest = BytesIO(stream)
        assert (
            list(messages(lambda size, rest=rest, step=step: rest.read(min(size, step)))) == bodies
        )
    assert list(messages(BytesIO(stream[:-1]).read1)) == bodies[:-1]


def test_a_message_that_is_too_large_is_passed_over():
    sizes = iter([LARGEST + 1])

    def read(size):
        nonlocal left
        given = stream[:size] if not left else b"x" * min(size, left)
        if left:
            left -= len(given)
        return given

    head = BytesIO(b"Content-Length: %d\r\n\r\n" % next(sizes))
    left, stream = LARGEST + 1, b""
    tail = BytesIO(b"Content-Length: 2\r\n\r\n{}")

    def whole(size):
        return head.read(size) or read(size) or tail.read(size)

    assert list(messages(whole)) == [None, b"{}"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
METHODS = st.sampled_from(
    [*sorted({*types.METHOD_TO_TYPES} - {types.SHUTDOWN, types.EXIT}), "", "x", "$/x"]
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers() | st.text(max_size=3) | JSON,
        "method": METHODS | JSON,
        "params": JSON
        | st.fixed_dictionaries(
            {"textDocument": st.just({"uri": "file:///a.py", "version": 2})},
            optional={
                "position": st.fixed_dictionaries(
                    {"line": st.integers(-2, 9), "character": st.integers(-2, 2**33)}
                ),
                "context": JSON | st.just({"triggerKind": 1}) | st.just({"diagnostics": []}),
                "contentChanges": JSON | st.lists(st.fixed_dictionaries({"text": st.text()})),
            },
        ),
        "result": JSON,
        "error": JSON,
    },
)
GARBAGE = st.binary(max_size=40).map(lambda body: b"%b\r\n\r\n" % body)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(FIELDS | GARBAGE, max_size=12))
def test_whatever_is_sent_the_server_answers_the_next_request(tmp_path, sent):
    code, said = conversation(
        tmp_path, INITIALIZE, OPEN, *sent, OPEN, {**GHOST, "id": "last"}, *END
    )
    assert code == 0
    ends = [one for one in said if one.get("id") == "last" and "result" in one]
    assert ends
    allowed = {PARSE, REQUEST, METHOD, PARAMS, -32800, -32803}
    assert {one["error"]["code"] for one in said if "error" in one} <= allowed
