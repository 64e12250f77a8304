"""Requests of all kinds, right and wrong, made from our own OpenAPI document: all are answered."""

from collections import Counter

import hypothesis
import pytest

from codekiln.serve.http import Settings
from model_artifacts import model_artifact
from serve.http.assistants import Lengths, assistant, chatting
from serve.http.refusal import assert_says_why
from serve.web.served import with_pages

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
def test_what_a_document_allows_or_not_is_answered(model, mode, tmp_path):
    looked_at = model_artifact(tmp_path / "model").path
    app = with_pages(MODELS[model](), looked_at, tmp_path, Settings(tokens=8))
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
                assert_says_why(case.operation.path, response.status_code, response.text)

        answered()
    assert statuses[400] > 100
    assert mode.is_negative or statuses[200] > 100
