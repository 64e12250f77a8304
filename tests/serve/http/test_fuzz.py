"""Requests of all kinds, right and wrong, made from our own OpenAPI document: all are answered."""

import json
from collections import Counter

import hypothesis
import pytest

from codekiln.serve.http import Settings, create_app
from serve.http.assistants import Lengths, assistant, chatting

schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = hypothesis.settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
ANSWERED = {200, 204, 400, 404, 405, 422}
MODELS = {
    "fills": lambda: assistant("first + second\n", embedder=Lengths()),
    "chats": lambda: assistant("a + b", chatting()),
}


def asgi(app):
    """The app by its own address, and going on where schemathesis stops it behind each request."""

    async def lasting(scope, receive, send):
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        headers = [pair for pair in scope["headers"] if pair[0] != b"host"]
        await app(scope | {"headers": [*headers, (b"host", b"127.0.0.1")]}, receive, send)

    return lasting


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("mode", [*schemathesis.GenerationMode], ids=lambda mode: mode.name)
def test_what_a_document_allows_or_not_is_answered(model, mode):
    app = create_app(MODELS[model](), Settings(tokens=8))
    schema = schemathesis.openapi.from_asgi("/openapi.json", asgi(app))
    statuses = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode.is_negative and not operation.body:
            continue  # nothing of it can be wrong

        @EXAMPLES
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def answered(case):
            response = case.call()
            assert response.status_code in ANSWERED, (response.status_code, response.text)
            statuses[response.status_code] += 1
            if response.status_code >= 400:
                told = json.loads(response.text)
                said = told.get("error", told.get("detail"))
                assert said["message"] if isinstance(said, dict) else said

        answered()
    assert statuses[400] > 100
    assert mode.is_negative or statuses[200] > 100
