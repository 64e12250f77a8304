"""What no client should send, to every route that reads a body: refused, and the server goes on."""

import json

import pytest
from fastapi.testclient import TestClient

from codekiln.serve.events import Events
from codekiln.serve.http import Settings
from model_artifacts import model_artifact
from serve.http.assistants import Lengths, assistant, chatting
from serve.http.refusal import assert_says_why
from serve.web.served import with_pages

FINE = {
    "model": "small",
    "prompt": "x",
    "messages": [{"role": "user", "content": "x"}],
    "input": "x",
    "content": "x",
    "tokens": [60],
    "type": "view",
    "completion_id": "1",
    "prefix": "x",
    "ids": [1, 2],
    "first": 1,
    "layer": 0,
    "id": "1",
    "kind": "accepted",
}
APPS = {
    "fills": assistant("first + second\n", embedder=Lengths()),
    "chats": assistant("a + b", chatting()),
}
OPEN, CLOSED = b'{"a":' * 3000, b"}" * 3000


def body(**more):
    return json.dumps(FINE | more).encode()


BODIES = {
    "nothing": b"",
    "cut": b'{"prompt": "x',
    "null": b"null",
    "list": b"[]",
    "number": b"1",
    "no UTF-8": b'{"prompt": "\xff"}',
    "UTF-16": '{"prompt": "x"}'.encode("utf-16"),
    "half a character": body(
        prompt="\ud800",
        messages=[{"role": "user", "content": "\ud800"}],
        input="\ud800",
        prefix="\ud800",
        id="\ud800",
    ),
    "half a character behind": body(suffix="\udfff"),
    "half a character to stop at": body(stop="\ud800", options={"stop": ["\ud800"]}),
    "no name": body(model="\ud800\x1b[31m"),
    "a long name": body(model="m" * 100_000),
    "no number": body(temperature=float("nan"), options={"temperature": float("nan")}),
    "a number without end": body(temperature=float("inf"), options={"temperature": float("inf")}),
    "a penalty that is none": body(frequency_penalty=float("nan")),
    "a huge number": b'{"prompt": "x", "max_tokens": ' + b"9" * 5000 + b"}",
    "a seed that is none": body(seed=1e30, options={"seed": 1e30}),
    "deep": b'{"prompt": ' + OPEN + b"1" + CLOSED + b"}",
    "a deep schema": b'{"model": "small", "prompt": "x", "format": ' + OPEN + b"1" + CLOSED + b"}",
    "a schema of itself": body(format={"$ref": "#"}),
    "a schema of nothing": body(
        response_format={"type": "json_schema", "json_schema": {"schema": {"pattern": "(("}}}
    ),
    "a format that is none": body(response_format={"type": []}, format=3),
    "a document that is none": body(document="\ud800\0", language="\ud800", context="\udfff"),
    "a place that is none": body(ids=[-1, 10**30], first=-1, layer=-1),
    "a head that is none": body(head=10**30),
    "too many ids": body(ids=[1] * 4096, first=4096),
    "no segments": body(segments=None),
    "too many": body(prompt=["x"] * 1000, n=1000, input=["x"] * 1000),
}  # fmt: skip
REFUSED = {400, 404, 422}


@pytest.fixture(params=APPS, scope="module")
def client(request, tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    model, limits = model_artifact(work).path, Settings(tokens=4)
    app = with_pages(APPS[request.param], model, work, limits, Events(work))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def routes(client):
    paths = client.get("/openapi.json").json()["paths"]
    return [path for path, methods in paths.items() if "requestBody" in methods.get("post", {})]


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_no_fault_of_the_server(client, name):
    for path in routes(client):
        reply = client.post(path, content=BODIES[name])
        assert reply.status_code in {200, *REFUSED}, (path, reply.text)
        if reply.status_code != 200:
            assert_says_why(path, reply.status_code, reply.text)
        assert '"error"' not in reply.text or reply.status_code != 200, (path, reply.text)


def test_every_route_was_asked(client):
    assert len(routes(client)) >= 15
    answered = [path for path in routes(client) if client.post(path, content=body()).is_success]
    assert len(answered) >= 12
