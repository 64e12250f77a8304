"""The very requests of Continue (core/llm/llms/Ollama.ts, OpenAI.ts, Mistral.ts; core/autocomplete) and of
Zed (crates/edit_prediction: fim.rs, ollama.rs, open_ai_compatible.rs), and what they look for in a reply.
"""

import json

import pytest
from fastapi.testclient import TestClient

from codekiln.serve.http import create_app
from serve.http.assistants import assistant, chatting

TEXT = "first + second\n"
PREFIX, SUFFIX = "def add(first, second):\n    return ", "\n\nprint(add(1, 2))\n"
STARCODER = f"<fim_prefix>{PREFIX}<fim_suffix>{SUFFIX}<fim_middle>"
QWEN = f"<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>"
CODELLAMA = f"<PRE> {PREFIX} <SUF>{SUFFIX} <MID>"
DEEPSEEK = f"<｜fim▁begin｜>{PREFIX}<｜fim▁hole｜>{SUFFIX}<｜fim▁end｜>"
CODESTRAL = f"[SUFFIX]{SUFFIX}[PREFIX]{PREFIX}"
TEMPLATES = (STARCODER, QWEN, CODELLAMA, DEEPSEEK, CODESTRAL)
STOPS = ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>"]


@pytest.fixture(name="asked")
def _asked():
    """A client, and the requests that reach the model."""
    made = assistant(TEXT)
    requests, answer = [], made.completer.answer

    def noted(request):
        requests.append(request)
        return answer(request)

    made.completer.answer = noted
    with TestClient(create_app(made), base_url="http://127.0.0.1:8012") as client:
        yield client, requests


def events(response):
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.splitlines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


@pytest.mark.parametrize("prompt", TEMPLATES)
def test_zed_by_openai(asked, prompt):
    client, requests = asked
    body = {"model": "small", "prompt": prompt, "max_tokens": 64, "temperature": None}
    body |= {"stop": STOPS, "environment": None}
    reply = client.post("/v1/completions", json=body, headers={"Authorization": "Bearer key"})
    told = reply.json()
    assert told["choices"][0]["text"] == "first + second"
    assert set(told) >= {"id", "object", "created", "model", "choices", "usage"}
    assert set(told["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}
    [request] = requests
    assert (request.prefix, request.suffix) == (PREFIX, SUFFIX)
    assert request.stop == tuple(STOPS)


@pytest.mark.parametrize("prompt", TEMPLATES)
def test_zed_by_ollama(asked, prompt):
    client, requests = asked
    options = {"num_predict": 64, "temperature": 0.2, "stop": [*STOPS, "<PRE>", "[SUFFIX]"]}
    body = {"model": "small", "prompt": prompt, "raw": True, "stream": False, "options": options}
    told = client.post("/api/generate", json=body).json()
    assert told["response"] == "first + second"
    assert told["created_at"]
    [request] = requests
    assert (request.prefix, request.suffix) == (PREFIX, SUFFIX)
    assert (request.max_tokens, request.temperature) == (64, 0.2)


def test_text_that_is_no_whole_template_stays_text(asked):
    client, requests = asked
    for prompt in (f"MARKS = '''{STARCODER}'''", STARCODER.removesuffix("<fim_middle>")):
        client.post("/v1/completions", json={"prompt": prompt})
        assert (requests[-1].prefix, requests[-1].suffix) == (prompt, "")


def test_continue_by_ollama(asked):
    client, requests = asked
    shown = client.post("/api/show", json={"name": "small"}).json()
    assert ".Suffix" in shown["template"]  # or it would not fill in the middle
    assert not shown["parameters"]
    options = {"temperature": 0.01, "num_predict": 256, "stop": ["<fim_prefix>", "\n\n"]}
    options |= {"num_ctx": 4096, "mirostat": None, "num_thread": None, "use_mmap": None}
    body = {"model": "small", "prompt": PREFIX, "suffix": SUFFIX, "raw": None, "options": options}
    reply = client.post("/api/generate", json=body | {"keep_alive": 1800, "stream": True})
    pieces = [json.loads(line) for line in reply.text.split("\n") if line.strip()]
    assert "".join(piece["response"] for piece in pieces) == "first + second"
    [request] = requests
    assert (request.prefix, request.suffix, request.max_tokens) == (PREFIX, SUFFIX, 256)


def test_continue_by_mistral(asked):
    client, requests = asked
    body = {"model": "small", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 128}
    body |= {"temperature": 0.01, "top_p": 1, "frequency_penalty": 0, "presence_penalty": 0}
    body |= {"stop": ["\n\n"], "stream": True}
    pieces = events(client.post("/v1/fim/completions", json=body))
    assert "".join(piece["choices"][0]["delta"]["content"] for piece in pieces) == "first + second"
    assert pieces[-1]["usage"]["completion_tokens"] > 0
    assert pieces[-1]["choices"][0]["finish_reason"] == "stop"
    whole = client.post("/v1/fim/completions", json=body | {"stream": False}).json()
    assert whole["choices"][0]["message"]["content"] == "first + second"
    assert whole["object"] == "chat.completion"
    assert requests[0].suffix == requests[1].suffix == SUFFIX


def test_continue_by_openai(asked):
    client, requests = asked
    body = {"model": "small", "prompt": STARCODER, "max_tokens": 256, "temperature": 0.01}
    body |= {"stop": [*STOPS, "<file_sep>", "</code>"], "stream": True, "presence_penalty": None}
    pieces = events(client.post("/v1/completions", json=body))
    assert "".join(piece["choices"][0]["text"] for piece in pieces) == "first + second"
    assert requests[0].prefix == PREFIX


def test_ollama_streams_unless_it_is_told_not_to(asked):
    client, _ = asked
    reply = client.post("/api/generate", json={"model": "small", "prompt": "x"})
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    assert reply.text.count("\n") > 3


def test_the_end_of_a_file_is_a_cursor_too(asked):
    client, requests = asked
    for path, body in (
        ("/v1/completions", {"prompt": f"<fim_prefix>{PREFIX}<fim_suffix><fim_middle>"}),
        ("/v1/completions", {"prompt": PREFIX, "suffix": ""}),
        ("/v1/fim/completions", {"prompt": PREFIX}),
        ("/api/generate", {"model": "small", "prompt": PREFIX, "suffix": "", "stream": False}),
    ):
        assert client.post(path, json=body).status_code == 200
        assert (requests[-1].prefix, requests[-1].suffix, requests[-1].block) == (PREFIX, "", True)


def test_continue_chats_by_openai_and_by_ollama():
    messages = [{"role": "system", "content": "Short."}, {"role": "user", "content": "Add!"}]
    with TestClient(create_app(assistant("a + b", chatting())), base_url="http://127.0.0.1") as c:
        body = {"messages": messages, "model": "small", "max_tokens": 64, "stream": True}
        pieces = events(c.post("/v1/chat/completions", json=body))
        assert "".join(piece["choices"][0]["delta"]["content"] for piece in pieces) == "a + b"
        body = {"model": "small", "messages": messages, "options": {"num_predict": 64}}
        reply = c.post("/api/chat", json=body | {"keep_alive": 1800})
        lines = [json.loads(line) for line in reply.text.splitlines()]
        assert "".join(line["message"]["content"] for line in lines) == "a + b"
        assert all(line["message"]["role"] == "assistant" for line in lines)
