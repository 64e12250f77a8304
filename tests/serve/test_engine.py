"""Somebody's server behind ours (`--engine`): our context and verification in front of each kind's API."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from codekiln.errors import UsageError
from codekiln.serve.http import create_app
from codekiln.serve.opening import opened_assistant
from generate.servers.test_chat import REPLIES
from generate.servers.test_servers import KINDS, QWEN
from model_server import ModelServer, Reply, said

STARTER = Path("starter")
PREFIX = "from tools import area_of\n\n\ndef half(shape):\n    return "
SUFFIX = "\n\n\nprint(half(1))\n"
NAMES = {"llama.cpp": "m.gguf", "vLLM": "mine", "OpenAI": "starcoder2-3b", "Ollama": QWEN}
PLACES = {
    "llama.cpp": lambda body: (body["input_prefix"], body["input_suffix"]),
    "vLLM": lambda body: (body["prompt"], body["prompt"]),
    "OpenAI": lambda body: (body["prompt"], body["prompt"]),
    "Ollama": lambda body: (body["prompt"], body["prompt"]),
}


@contextmanager
def served(name, tmp_path, folder=None, **replies):
    """A client of ours, and the server behind."""
    kind = KINDS[name]
    found = {**kind.replies, **replies}
    if name == "vLLM":
        found["POST /tokenize"] = said({"tokens": [1, 2, 3]})  # Qwen's strings are single tokens
        found["GET /v1/models"] = said(
            {"data": [{"id": "mine", "owned_by": "vllm", "max_model_len": 2048}]}
        )
    with (
        ModelServer(found) as server,
        opened_assistant(
            STARTER, work=tmp_path / "w", folder=folder, server=server.url, server_model=NAMES[name]
        ) as assistant,
        TestClient(create_app(assistant), base_url="http://127.0.0.1") as client,
    ):
        if folder:
            assert assistant.folder.wait(30)
        server.asked.clear()
        yield client, server


def whole(name, *texts):
    """The reply of a server that writes these texts and ends."""
    kind = KINDS[name]
    return kind.stream(*map(kind.said, texts), kind.end["end"])


@pytest.fixture(name="folder")
def _folder(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "tools.py").write_text('def area_of(shape):\n    """Its area."""\n    return 3\n')
    (folder / "main.py").write_text(f"{PREFIX}0{SUFFIX}")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_middle_has_our_context_and_is_verified(name, tmp_path, folder):
    path = KINDS[name].path
    with served(name, tmp_path, folder) as (client, server):
        server.replies[path] = [whole(name, "area_of(sha", "pe) / 2\n)))\n")]
        body = {"model": NAMES[name], "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 30}
        told = client.post("/v1/completions", json=body).json()
        [sent] = server.bodies(path)
    before, behind = PLACES[name](sent)
    assert "# def area_of(shape):" in before  # of tools.py, as a comment of main.py's language
    assert PREFIX in before
    assert SUFFIX in behind
    assert told["choices"][0]["text"] == "area_of(shape) / 2"  # without what does not parse
    assert told["usage"]["prompt_tokens"] in (0, 23, 31)  # as far as the fakes tell
    assert told["usage"]["completion_tokens"] == 2  # it was left before it told


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_streams_as_it_comes(name, tmp_path):
    path = KINDS[name].path
    with served(name, tmp_path) as (client, server):
        server.replies[path] = [whole(name, "1 +", " 2")]
        body = {"model": NAMES[name], "prompt": "x = ", "stream": True}
        reply = client.post("/v1/completions", json=body)
        assert reply.text.count('"text": "1 +"') == reply.text.count('"text": " 2"') == 1
        assert reply.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_chat_goes_to_the_servers_own(name, tmp_path):
    path, reply = REPLIES[name]
    with served(name, tmp_path, **{path: reply}) as (client, server):
        turns = [{"role": "user", "content": "Add!"}]
        told = client.post("/v1/chat/completions", json={"messages": turns}).json()
        assert told["choices"][0]["message"]["content"] == "a + b"
        assert told["usage"]["prompt_tokens"] == 31
        assert told["usage"]["completion_tokens"] == (4 if name == "Ollama" else 3)  # as they say
        assert told["model"] == NAMES[name]
        assert server.bodies(path)[0]["messages"] == turns


@pytest.mark.parametrize("name", NAMES)
def test_its_failures_are_told_in_the_format_that_was_asked(name, tmp_path):
    path = KINDS[name].path
    with served(name, tmp_path) as (client, server):
        body = {"model": NAMES[name], "prompt": "x = "}
        for status in (429, 500, 503):
            server.replies[path] = [said({"error": {"message": "busy"}}, status)]
            reply = client.post("/v1/completions", json=body)
            assert reply.status_code == 502
            assert "busy" in reply.json()["error"]["message"]
            assert "busy" in client.post("/api/generate", json=body | {"raw": True}).json()["error"]
        broken = whole(name, "1")
        broken = Reply(list(broken.parts)[:1], kind=broken.kind)
        server.replies[path] = [broken]
        reply = client.post("/v1/completions", json=body | {"stream": True})
        assert reply.status_code == 200
        assert '"error"' in reply.text.splitlines()[-2]
        assert "[DONE]" not in reply.text
        server.replies[path] = [whole(name, "1")]
        assert client.post("/v1/completions", json=body).json()["choices"][0]["text"] == "1"


def test_tokens_of_another_model_are_not_read_with_ours(tmp_path):
    with served("vLLM", tmp_path) as (client, _):
        for path, body in (
            ("/v1/completions", {"prompt": "x", "logprobs": 0}),
            ("/tokenize", {"content": "x"}),
        ):
            assert client.post(path, json=body).status_code in (400, 501)


def test_a_server_has_no_adapters_of_ours_and_may_need_a_template(tmp_path):
    with ModelServer(KINDS["OpenAI"].replies) as server:
        how = {"work": tmp_path / "w", "server": server.url, "server_model": "gpt"}
        with (
            pytest.raises(UsageError, match="leave out --engine"),
            opened_assistant(STARTER, adapters={"a": tmp_path}, **how),
        ):
            pass
        with pytest.raises(UsageError, match="name its template"), opened_assistant(STARTER, **how):
            pass
        with opened_assistant(STARTER, server_template="qwen", **how) as assistant:
            assert assistant.name == "gpt"
