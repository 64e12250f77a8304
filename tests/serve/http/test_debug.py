"""Which answers tell why they are what they are: those that README.md names, and no others."""

import pytest
from fastapi.testclient import TestClient

from codekiln.serve.http import create_app
from serve.http.asking import ADDRESS, BEFORE, BEHIND, asking
from serve.http.assistants import assistant, chatting

MIDDLE = {"prompt": BEFORE, "suffix": BEHIND}
INFILL = {"input_prefix": BEFORE, "input_suffix": BEHIND}
TABBY = {"language": "python", "segments": {"prefix": BEFORE, "suffix": BEHIND}}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/infill", INFILL, ()),
        ("/infill", {**INFILL, "response_fields": ["content", "codekiln"]}, ()),
        ("/v1/completions", MIDDLE, ("choices", 0)),
        ("/v1/fim/completions", MIDDLE, ("choices", 0)),
        ("/api/generate", {**MIDDLE, "model": "small", "stream": False}, ()),
        ("/v1/completions", {**TABBY, "debug_options": {}}, ("debug_data",)),
    ],
)
def test_a_middle_tells_why(path, body, place):
    with asking() as (client, _):
        told = client.post(path, json=body).json()
    for step in place:
        told = told[step]
    assert "context" in told["codekiln"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/infill", {**INFILL, "response_fields": ["content"]}),
        ("/v1/completions", {"prompt": BEFORE}),
        ("/v1/completions", TABBY),
    ],
)
def test_others_do_not(path, body):
    with asking() as (client, _):
        reply = client.post(path, json=body)
    assert reply.status_code == 200
    assert "codekiln" not in reply.text


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/chat"])
def test_a_chat_does_not(path):
    body = {"model": "small", "messages": [{"role": "user", "content": "Add!"}], "stream": False}
    with TestClient(create_app(assistant("a + b", chatting())), base_url=ADDRESS) as client:
        reply = client.post(path, json=body)
    assert reply.status_code == 200
    assert "codekiln" not in reply.text
