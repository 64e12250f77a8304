"""Requests of all kinds, right and wrong, made from our own OpenAPI document: the server answers them all."""

import json

import pytest

pytest.importorskip("schemathesis")

import hypothesis
import schemathesis

from codekiln.serve.http import Settings, create_app
from serve.http.assistants import Lengths, assistant, chatting

SETTINGS = Settings(names=("testserver",), tokens=8)


def lasting(app):
    """The app, which each request of schemathesis would start and stop."""

    async def started(scope, receive, send):
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for _ in range(2):
            await send({"type": f"{(await receive())['type']}.complete"})

    return started


def schema(made):
    return schemathesis.openapi.from_asgi("/openapi.json", lasting(create_app(made, SETTINGS)))


fills = schema(assistant("first + second\n", embedder=Lengths()))
chats = schema(assistant("a + b", chatting()))
EXAMPLES = hypothesis.settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    derandomize=True,
)
ANSWERED = {200, 204, 400, 404, 405, 422, 501}


def check(case):
    response = case.call()
    assert response.status_code in ANSWERED, (response.status_code, response.text)
    if response.status_code >= 400:
        told = json.loads(response.text)
        said = told.get("error", told.get("detail"))
        assert said["message"] if isinstance(said, dict) else said


@pytest.mark.slow
@fills.parametrize()
@EXAMPLES
def test_a_model_that_fills_in(case):
    check(case)


@pytest.mark.slow
@chats.include(path_regex="chat|generate|completions").parametrize()
@EXAMPLES
def test_a_model_that_chats(case):
    check(case)
