"""What llama.vim and llama.vscode ask of OpenAI's routes, in llama.cpp's words for it."""

import pytest
from fastapi.testclient import TestClient

from codekiln.serve.http import Settings, create_app
from serve.http.assistants import Lengths, assistant, chatting

MESSAGES = [
    {"role": "system", "content": "You edit code."},
    {"role": "user", "content": "Add."},
]
WARM = {
    "id_slot": 0,
    "messages": MESSAGES,
    "samplers": [],
    "n_predict": 0,
    "stream": False,
    "cache_prompt": True,
    "response_fields": [""],
}
EDIT = {
    "messages": MESSAGES,
    "stream": False,
    "temperature": 0.8,
    "top_p": 0.95,
    "max_tokens": -1,
}
VECTORS = {"input": "a\nb", "model": "GPT-4", "encoding_format": "float"}
TOKENS = 40  # at most


@pytest.fixture(name="asked")
def _asked(monkeypatch):
    """A client, and the requests that reach a model that chats."""
    made = assistant("a + b", chatting(), embedder=Lengths())
    requests, complete = [], made.completer.complete

    def noted(request):
        requests.append(request)
        return complete(request)

    monkeypatch.setattr(made.completer, "complete", noted)
    app = create_app(made, Settings(tokens=TOKENS))
    with TestClient(app, base_url="http://127.0.0.1:8012") as client:
        yield client, requests


def test_a_chat_of_no_tokens_reads_its_prompt(asked):
    client, requests = asked
    warmed = client.post("/v1/chat/completions", json=WARM).json()
    answered = client.post("/v1/chat/completions", json={"messages": MESSAGES}).json()
    assert warmed["choices"][0]["message"]["content"] == ""
    assert warmed["choices"][0]["finish_reason"] == "length"
    assert warmed["usage"]["prompt_tokens"] == answered["usage"]["prompt_tokens"] > 0
    assert warmed["usage"]["completion_tokens"] == 0
    assert [request.max_tokens for request in requests] == [1, TOKENS]


def test_no_tokens_are_streamed_as_an_end_alone(asked):
    client, _ = asked
    reply = client.post("/v1/chat/completions", json={**WARM, "stream": True})
    assert reply.text.count('"finish_reason": "length"') == 1
    assert reply.text.endswith("data: [DONE]\n\n")
    assert "a + b" not in reply.text


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        (EDIT, TOKENS),
        ({"max_completion_tokens": -1}, TOKENS),
        ({"n_predict": -1}, TOKENS),
        ({"n_predict": 3, "max_tokens": 5}, 3),
        ({"max_tokens": 5}, 5),
    ],
)
def test_less_than_none_is_as_many_as_there_may_be(asked, said, tokens):
    client, requests = asked
    assert client.post("/v1/chat/completions", json={"messages": MESSAGES, **said}).is_success
    assert [request.max_tokens for request in requests] == [tokens]


@pytest.mark.parametrize("said", [{"max_tokens": 0}, {"max_tokens": -2}, {"n_predict": -2}])
def test_other_numbers_below_one_are_refused(asked, said):
    client, requests = asked
    reply = client.post("/v1/chat/completions", json={"messages": MESSAGES, **said})
    assert (reply.status_code, requests) == (400, [])
    assert next(iter(said)) in reply.json()["error"]["message"]


def test_vectors_are_made_by_whoever_makes_them(asked):
    client, _ = asked
    told = client.post("/v1/embeddings", json=VECTORS).json()
    assert (told["model"], told["data"][0]["embedding"]) == ("lengths", [3, 1])
    assert client.post("/v1/embeddings", json={**VECTORS, "model": "small"}).status_code == 404
