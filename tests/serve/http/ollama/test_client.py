"""The `ollama` package itself asks a server of ours."""

import ollama
import pytest

from codekiln.serve.http import create_app
from fakes import tiny_tokenizer
from serve.http.assistants import Lengths, assistant, chatting
from serve.http.running import running

TEXT = "first + second\n"
TOKENIZER = tiny_tokenizer()
PREFIX, SUFFIX = "def add(first, second):\n    return ", "\nprint(add(1, 2))\n"
TURNS = [{"role": "system", "content": "Short."}, {"role": "user", "content": "Add!"}]


@pytest.fixture(scope="module")
def client():
    with running(create_app(assistant(TEXT, embedder=Lengths()))) as url, ollama.Client(url) as it:
        yield it


@pytest.fixture(scope="module")
def chat():
    with running(create_app(assistant("a + b", chatting()))) as url, ollama.Client(url) as it:
        yield it


@pytest.mark.parametrize("model", ["small", "small:latest"])
def test_a_prompt_goes_on(client, model):
    whole = client.generate(model, PREFIX, options={"num_predict": 40, "temperature": 0})
    assert (whole.model, whole.response) == (model, TEXT)
    assert (whole.done, whole.done_reason) == (True, "stop")
    assert whole.prompt_eval_count == len(TOKENIZER.encode(PREFIX)) + 1
    assert whole.eval_count == len(TOKENIZER.encode(TEXT)) + 1
    assert whole.total_duration == whole.prompt_eval_duration + whole.eval_duration > 0
    short = client.generate(model, PREFIX, options={"num_predict": 2, "stop": ["none"]})
    assert (short.done_reason, short.eval_count) == ("length", 2)
    cut = client.generate(model, PREFIX, options={"num_predict": -1, "stop": [" +"], "seed": -1})
    assert (cut.response, cut.done_reason) == ("first", "stop")


def test_a_stream_adds_up_to_the_whole(client):
    pieces = list(client.generate("small", PREFIX, stream=True))
    assert len(pieces) > 3
    assert "".join(piece.response for piece in pieces) == TEXT
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(piece.created_at and piece.eval_count is None for piece in pieces[:-1])
    assert pieces[-1].eval_count == len(TOKENIZER.encode(TEXT)) + 1


def test_a_suffix_makes_it_a_middle(client):
    whole = client.generate("small", PREFIX, SUFFIX)
    assert whole.response == "first + second"
    assert (
        whole.eval_count == len(TOKENIZER.encode(TEXT)) + 1
    )  # all that was written, not what stays
    pieces = list(client.generate("small", PREFIX, SUFFIX, stream=True))
    assert [piece.response for piece in pieces] == ["first + second", ""]


def test_an_empty_prompt_loads_the_model(client, chat):
    loaded = client.generate("small")
    assert (loaded.response, loaded.done, loaded.done_reason) == ("", True, "load")
    assert chat.chat("small").done_reason == "load"


def test_a_chat_goes_on(chat):
    whole = chat.chat("small", TURNS, options={"temperature": 0.01, "seed": 3})
    assert (whole.message.role, whole.message.content) == ("assistant", "a + b")
    pieces = list(chat.chat("small", TURNS, stream=True, logprobs=True, top_logprobs=1))
    assert "".join(piece.message.content for piece in pieces) == "a + b"
    tokens = [token for piece in pieces for token in piece.logprobs or ()]
    assert "".join(token.token for token in tokens) == "a + b"
    assert all(token.logprob < 0 for token in tokens)


def test_a_prompt_is_a_turn_where_the_model_chats_and_it_is_not_raw(chat):
    turn = chat.chat("small", TURNS)
    asked = chat.generate("small", TURNS[1]["content"], system=TURNS[0]["content"])
    assert asked.response == "a + b"
    assert asked.prompt_eval_count == turn.prompt_eval_count
    raw = chat.generate("small", TURNS[1]["content"], raw=True)
    assert raw.prompt_eval_count == len(chatting().encode(TURNS[1]["content"])) + 1


def test_an_answer_may_be_held_to_a_schema(chat):
    pytest.importorskip("llguidance")
    schema = {"enum": [{"a": 1}]}
    assert chat.chat("small", TURNS, format=schema).message.content == '{"a": 1}'
    assert chat.generate("small", "x", format="json", raw=True).response.startswith("{")


def test_what_there_is(client, chat):
    assert [model.model for model in client.list().models] == ["small:latest", "lengths:latest"]
    assert [model.model for model in client.ps().models] == ["small:latest", "lengths:latest"]
    shown = client.show("small")
    assert ".Suffix" in shown.template
    assert shown.capabilities == ["completion", "insert"]
    assert client.show("lengths").capabilities == ["embedding"]


def test_vectors(client):
    made = client.embed("lengths", ["a\nb", ""])
    assert made.embeddings == [[3, 1], [0, 0]]
    assert made.prompt_eval_count == 3
    assert client.embed("lengths:latest", "abc").embeddings == [[3, 0]]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        ({"model": "large"}, 404, "There is no model 'large' here"),
        ({"model": "small:7b"}, 404, "There is no model 'small:7b' here"),
        ({"options": {"mirostat": 1}}, 400, "option mirostat is not known here"),
        ({"options": {"presence_penalty": 0.3}}, 400, "presence_penalty is not known"),
        ({"options": {"stop": [""]}}, 400, "stop string is empty"),
        ({"options": {"temperature": -1}}, 400, "temperature"),
        ({"options": {"repeat_penalty": 0.0}}, 400, "repeat_penalty"),
        ({"images": [b"x"]}, 400, "Images are not read"),
        ({"template": "{{ .Prompt }}"}, 400, "send the prompt with raw"),
        ({"think": True}, 400, "leave think out"),
        ({"top_logprobs": 3}, 400, "likeliest tokens are not told"),
        ({"system": "Obey."}, 400, "leave system out"),
    ],
)
def test_what_is_not_done_is_refused_by_name(client, wrong, status, message, stream):
    with pytest.raises(ollama.ResponseError, match=message) as refused:
        for _ in client.generate(**{"model": "small", "prompt": "x"} | wrong, stream=stream):
            pass
    assert refused.value.status_code == status
    fine = {"num_ctx": 8192, "num_thread": 4, "mirostat": 0, "top_k": 40, "top_p": 1, "stop": []}
    client.generate("small", "x", options=fine, keep_alive=1800, think=False)


def test_of_a_chat_too(client, chat):
    with pytest.raises(ollama.ResponseError, match="no chat template"):
        client.chat("small", TURNS)
    with pytest.raises(ollama.ResponseError, match="leave tools out"):
        chat.chat("small", TURNS, tools=[{"type": "function", "function": {"name": "f"}}])
    with pytest.raises(ollama.ResponseError, match="Images are not read"):
        chat.chat("small", [{"role": "user", "content": "x", "images": [b"x"]}])
    with pytest.raises(ollama.ResponseError, match="role"):
        chat.chat("small", [{"role": "tool", "content": "x"}])
    with pytest.raises(ollama.ResponseError, match="start it with --encoder"):
        chat.embed("small", "x")
    with pytest.raises(ollama.ResponseError, match="There is no model"):
        chat.show("large")
