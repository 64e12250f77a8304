"""Chats with each kind of server: the messages go to its own endpoint, whose answer comes in pieces."""

import json
from dataclasses import replace

import pytest

from codekiln.errors import ServerError, UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.servers import open_server
from codekiln.tasks.chat import Message
from generate.servers.test_servers import KINDS, ollama_end
from model_server import ModelServer, events, lines, said

TURNS = (Message("system", "Short."), Message("user", "Add <|fim_pad|>!"))
REQUEST = CompletionRequest(messages=TURNS, max_tokens=12)
SENT = [
    {"role": "system", "content": "Short."},
    {"role": "user", "content": "Add <|fim_pad|>!"},
]
USAGE = {"choices": [], "usage": {"prompt_tokens": 31, "completion_tokens": 3}}


def delta(text, finish=None, **more):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish, **more}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def turn(text, **more):
    return {"message": {"role": "assistant", "content": text}, "done": False, **more}


OPENAI = events(delta(None), delta("a +"), delta(" b"), delta("", "stop"), USAGE)
OLLAMA = lines(turn("a +"), turn(" b"), {**ollama_end("stop"), **turn("", done=True)})
REPLIES = {
    "llama.cpp": ("POST /v1/chat/completions", OPENAI),
    "vLLM": ("POST /v1/chat/completions", OPENAI),
    "OpenAI": ("POST /v1/chat/completions", OPENAI),
    "Ollama": ("POST /api/chat", OLLAMA),
}


def answer(name, request=REQUEST, reply=None):
    """The collected answer, and what the server was asked."""
    kind, (path, usual) = KINDS[name], REPLIES[name]
    with (
        ModelServer({**kind.replies, path: reply or usual}) as server,
        open_server(server.url, **kind.open) as completer,
    ):
        return collect(completer, request), server.bodies(path)


@pytest.mark.parametrize("name", KINDS)
def test_the_messages_are_sent_and_the_answer_comes_in_pieces(name):
    found, [body] = answer(name)
    assert (found.text, found.finish_reason) == ("a + b", "end")
    assert found.timings.prompt_tokens == 31
    assert body["messages"] == SENT
    assert "prompt" not in body
    assert body["stream"] is True
    told = body.get("options", body)
    assert told.get("n_predict", told.get("max_tokens", told.get("num_predict"))) == 12
    assert told["temperature"] == 0


@pytest.mark.parametrize("name", KINDS)
def test_a_stop_string_ends_it_here(name):
    found, [body] = answer(name, replace(REQUEST, stop=(" b",)))
    assert (found.text, found.finish_reason) == ("a +", "stop")
    assert name == "vLLM" or not body.get("stop")  # who would not say which one it met


@pytest.mark.parametrize("name", KINDS)
def test_settings_are_sent_or_refused_as_those_of_a_prompt(name):
    _, [body] = answer(name, replace(REQUEST, top_p=0.5, temperature=1.0, seed=4))
    told = body.get("options", body)
    assert (told["top_p"], told["temperature"], told["seed"]) == (0.5, 1.0, 4)
    with pytest.raises(UsageError, match="cannot be asked for adapter"):
        answer(name, replace(REQUEST, adapter="mine"))
    with pytest.raises(UsageError, match="messages alone: leave suffix out"):
        answer(name, replace(REQUEST, suffix="x"))


def test_a_schema_goes_where_each_server_has_it():
    schema = {"enum": [{"a": 1}]}
    wanted = replace(REQUEST, json_schema=json.dumps(schema))
    assert answer("Ollama", wanted)[1][0]["format"] == schema
    assert answer("vLLM", wanted)[1][0]["structured_outputs"] == {"json": schema}
    assert answer("llama.cpp", wanted)[1][0]["json_schema"]["enum"] == schema["enum"]


def test_log_probabilities_of_a_chat_come_in_another_form():
    content = {"content": [{"token": "a", "logprob": -0.25, "bytes": [97]}]}
    reply = events(delta("a", logprobs=content, token_ids=[7]), delta("", "length"), USAGE)
    found, [body] = answer("vLLM", reply=reply)
    assert (found.logprobs, found.token_ids, found.finish_reason) == ((-0.25,), (7,), "length")
    assert body["logprobs"] is True


@pytest.mark.parametrize("name", KINDS)
def test_a_server_that_does_not_chat_says_so(name):
    with pytest.raises(ServerError, match=r"no chat template"):
        answer(name, reply=said({"error": {"message": "no chat template"}}, 400))
    with pytest.raises(ServerError, match="broke"):
        answer(name, reply=replace(REPLIES[name][1], parts=list(REPLIES[name][1].parts)[:1]))


def test_of_llama_cpp_nothing_is_asked_that_its_chat_does_not_know():
    _, [body] = answer("llama.cpp")
    assert body["stream_options"] == {"include_usage": True}
    assert body["logprobs"] is True
