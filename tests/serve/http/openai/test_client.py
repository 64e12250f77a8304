"""The `openai` package itself asks a server of ours: it is understood, and so is what it is told."""

import json
import math

import openai
import pytest

from codekiln.serve.http import create_app
from fakes import tiny_tokenizer
from serve.http.assistants import Lengths, assistant, chatting
from serve.http.running import running

TEXT = "first + second\n"
TOKENIZER = tiny_tokenizer()
TOKENS = len(TOKENIZER.encode(TEXT)) + 1  # and the end
PREFIX, SUFFIX = "def add(first, second):\n    return ", "\nprint(add(1, 2))\n"
TURNS = [
    {"role": "developer", "content": "Short."},
    {"role": "user", "content": [{"type": "text", "text": "Add"}, {"type": "text", "text": "!"}]},
]


@pytest.fixture(scope="module")
def client():
    with running(create_app(assistant(TEXT, embedder=Lengths()))) as url:
        yield from _client(url)


@pytest.fixture(scope="module")
def chat():
    with running(create_app(assistant("a + b", chatting()))) as url:
        yield from _client(url)


def _client(url):
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_a_prompt_goes_on(client):
    whole = client.completions.create(model="small", prompt=PREFIX, max_tokens=40, temperature=0)
    [choice] = whole.choices
    assert (choice.text, choice.finish_reason, choice.index) == (TEXT, "stop", 0)
    assert (whole.object, whole.model) == ("text_completion", "small")
    prompt = len(TOKENIZER.encode(PREFIX)) + 1  # what opens a document
    assert whole.usage.prompt_tokens == prompt
    assert whole.usage.completion_tokens == TOKENS
    assert whole.usage.total_tokens == prompt + TOKENS


def test_an_answer_is_cut_at_its_length_and_at_a_stop_string(client):
    short = client.completions.create(model="small", prompt=PREFIX, max_tokens=2)
    assert short.choices[0].finish_reason == "length"
    assert short.usage.completion_tokens == 2
    for stop in (" +", ["none", " +"]):
        cut = client.completions.create(model="small", prompt=PREFIX, max_tokens=40, stop=stop)
        assert (cut.choices[0].text, cut.choices[0].finish_reason) == ("first", "stop")


def test_a_suffix_makes_it_a_middle(client):
    body = {"model": "small", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 40}
    whole = client.completions.create(**body)
    assert whole.choices[0].text == TEXT.rstrip("\n")  # the line goes on behind the cursor
    assert whole.choices[0].codekiln["state"] == "unverified"
    pieces = list(client.completions.create(**body, stream=True))
    assert [piece.choices[0].text for piece in pieces] == ["first + second", ""]
    assert pieces[-1].choices[0].codekiln["folder"] == "none: start the server with --repo"
    assert pieces[-1].choices[0].finish_reason == "stop"


def test_a_stream_adds_up_to_the_whole(client):
    body = {"model": "small", "prompt": PREFIX, "max_tokens": 40}
    whole = client.completions.create(**body)
    options = {"include_usage": True}
    pieces = list(client.completions.create(**body, stream=True, stream_options=options))
    *texts, usage = pieces
    assert len(texts) > 3
    assert "".join(piece.choices[0].text for piece in texts) == TEXT
    assert [
        piece.choices[0].finish_reason for piece in texts if piece.choices[0].finish_reason
    ] == ["stop"]
    assert len({piece.id for piece in pieces}) == 1
    assert all(piece.usage is None for piece in texts)
    assert (usage.choices, usage.usage) == ([], whole.usage)
    plain = list(client.completions.create(**body, stream=True))
    assert all(piece.usage is None and piece.choices for piece in plain)


@pytest.mark.parametrize("stream", [False, True])
def test_several_prompts_and_several_answers(client, stream):
    body = {"model": "small", "prompt": [PREFIX, "x = "], "n": 2, "max_tokens": 40, "echo": True}
    if stream:
        texts, usage = [""] * 4, None
        options = {"include_usage": True}
        for piece in client.completions.create(**body, stream=True, stream_options=options):
            usage = piece.usage or usage
            for choice in piece.choices:
                texts[choice.index] += choice.text
    else:
        whole = client.completions.create(**body)
        usage = whole.usage
        assert [choice.index for choice in whole.choices] == [0, 1, 2, 3]
        texts = [choice.text for choice in whole.choices]
    assert texts == [PREFIX + TEXT] * 2 + ["x = " + TEXT] * 2
    assert usage.completion_tokens == 4 * TOKENS
    prompts = len(TOKENIZER.encode(PREFIX)) + len(TOKENIZER.encode("x = ")) + 2
    assert usage.prompt_tokens == prompts  # each is read once


def test_log_probabilities_of_tokens(client):
    body = {"model": "small", "prompt": PREFIX, "max_tokens": 40, "logprobs": 1}
    told = client.completions.create(**body).choices[0].logprobs
    assert "".join(told.tokens) == TEXT
    assert len(told.tokens) == TOKENS - 1
    assert all(-1 < logprob < 0 or math.isclose(logprob, 0) for logprob in told.token_logprobs)
    for token, place in zip(told.tokens, told.text_offset, strict=True):
        assert TEXT[place:].startswith(token)
    assert [list(best) for best in told.top_logprobs] == [[token] for token in told.tokens]
    streamed = [
        piece.choices[0].logprobs for piece in client.completions.create(**body, stream=True)
    ]
    assert [token for piece in streamed for token in piece.tokens] == told.tokens
    assert [place for piece in streamed for place in piece.text_offset] == told.text_offset
    assert client.completions.create(**body | {"logprobs": None}).choices[0].logprobs is None


def test_the_best_of_several_that_parses(client):
    best = client.completions.create(
        model="small", prompt=PREFIX, max_tokens=40, best_of=3, temperature=0.01, seed=1
    )
    assert best.choices[0].text == TEXT
    assert len(best.choices) == 1


def test_a_chat_goes_on(chat):
    whole = chat.chat.completions.create(model="small", messages=TURNS)
    [choice] = whole.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "a + b")
    assert choice.finish_reason == "stop"
    tokenizer = chatting()
    turns = ("system\nShort.<|im_end|>\n", "user\nAdd!<|im_end|>\n", "assistant\n")
    pieces = tokenizer.split_control("".join(f"<|im_start|>{turn}" for turn in turns))
    expected = sum(1 if isinstance(p, int) else len(tokenizer.encode(p)) for p in pieces)
    assert whole.usage.prompt_tokens == expected
    assert whole.usage.completion_tokens == len(tokenizer.encode("a + b")) + 1


def test_a_chat_streams_its_deltas(chat):
    body = {"model": "small", "messages": TURNS, "n": 2, "logprobs": True, "top_logprobs": 1}
    pieces = list(chat.chat.completions.create(**body, stream=True))
    assert {piece.object for piece in pieces} == {"chat.completion.chunk"}
    for index in (0, 1):
        mine = [piece.choices[0] for piece in pieces if piece.choices[0].index == index]
        assert mine[0].delta.role == "assistant"
        assert "".join(choice.delta.content for choice in mine) == "a + b"
        assert [choice.finish_reason for choice in mine if choice.finish_reason] == ["stop"]
        told = [token for choice in mine for token in choice.logprobs.content]
        assert b"".join(bytes(token.bytes) for token in told) == b"a + b"
        assert all(token.top_logprobs[0].logprob == token.logprob < 0 for token in told)


def test_a_chat_may_be_held_to_a_schema():
    pytest.importorskip("llguidance")
    schema = {"name": "sum", "schema": {"enum": [{"a": 1}, {"a": 2}]}}
    wanted = {"type": "json_schema", "json_schema": schema}
    with running(create_app(assistant('{"a": 2}', chatting()))) as url:
        for client in _client(url):
            body = {"model": "small", "messages": TURNS}
            whole = client.chat.completions.create(**body, response_format=wanted)
            assert json.loads(whole.choices[0].message.content) == {"a": 2}
            some = client.chat.completions.create(**body, response_format={"type": "json_object"})
            assert isinstance(json.loads(some.choices[0].message.content), dict)


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["small", "lengths"]
    assert client.models.retrieve("small").owned_by == "codekiln"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("large")


def test_vectors(client):
    for encoding in ({}, {"encoding_format": "float"}):  # the package asks for base64 by itself
        made = client.embeddings.create(model="lengths", input=["a\nb", ""], **encoding)
        assert [one.embedding for one in made.data] == [[3, 1], [0, 0]]
        assert [one.index for one in made.data] == [0, 1]
        assert made.usage.prompt_tokens == made.usage.total_tokens == 3
    assert client.embeddings.create(model="lengths", input="abc").data[0].embedding == [3, 0]


REFUSED = [
    ({"model": "large"}, openai.NotFoundError, "There is no model 'large' here: ask for one of small"),
    ({"max_tokens": 0}, openai.BadRequestError, "max_tokens: Input should be greater"),
    ({"frequency_penalty": 0.5}, openai.BadRequestError, "frequency_penalty and presence_penalty"),
    ({"presence_penalty": -1}, openai.BadRequestError, "frequency_penalty and presence_penalty"),
    ({"logit_bias": {"5": 1}}, openai.BadRequestError, "logit_bias is not known here"),
    ({"stop": ""}, openai.BadRequestError, "stop string is empty"),
    ({"best_of": 2}, openai.BadRequestError, "all samples are equal|leave n and stream out"),
    ({"best_of": 2, "n": 3}, openai.BadRequestError, "raise best_of"),
    ({"best_of": 3, "n": 2}, openai.BadRequestError, "leave n and stream out"),
    ({"logprobs": 2}, openai.BadRequestError, "only the one that was chosen: ask for 0"),
    ({"logprobs": 1, "temperature": 1}, openai.BadRequestError, "The 1 likeliest tokens"),
    ({"logprobs": 0, "echo": True}, openai.BadRequestError, "leave echo out"),
    ({"logprobs": 0, "suffix": "x"}, openai.BadRequestError, "leave logprobs out"),
    ({"n": 9}, openai.BadRequestError, "n: Input should be less"),
    ({"prompt": [1, 2]}, openai.BadRequestError, "valid string"),
    ({"top_p": 0}, openai.BadRequestError, "top_p"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "message"), REFUSED)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_done_is_refused_by_name(client, wrong, kind, message, stream):
    body = {"model": "small", "prompt": PREFIX, "max_tokens": 4} | wrong
    with pytest.raises(kind, match=message) as refused:
        client.completions.create(**body, stream=stream)
    assert refused.value.type == "invalid_request_error"
    fine = {
        "frequency_penalty": 0,
        "presence_penalty": 0,
        "logit_bias": {},
        "best_of": 1,
        "user": "me",
    }
    client.completions.create(model="small", prompt=PREFIX, max_tokens=4, **fine)


CHAT_REFUSED = [
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "leave tools out"),
    ({"messages": []}, "messages: List should have at least 1"),
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "role"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "text"),
    ({"messages": [{"role": "user", "content": "x" * 9000}]}, "send fewer"),
    ({"top_logprobs": 1}, "set that to true"),
    ({"response_format": {"type": "xml"}}, "response_format is one of"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "message"), CHAT_REFUSED)
def test_of_a_chat_too(chat, wrong, message):
    body = {"model": "small", "messages": TURNS}
    with pytest.raises(openai.BadRequestError, match=message):
        chat.chat.completions.create(**body | wrong)
    fine = {"tools": [], "response_format": {"type": "text"}, "top_logprobs": 0}
    assert chat.chat.completions.create(**body, **fine).choices[0].message.content == "a + b"


def test_a_model_without_a_template_does_not_chat(client):
    with pytest.raises(
        openai.BadRequestError, match="no chat template: ask it with the raw prompt"
    ):
        client.chat.completions.create(model="small", messages=TURNS, stream=True)


def test_vectors_that_are_not_there(client, chat):
    with pytest.raises(openai.BadRequestError, match="start it with --encoder"):
        chat.embeddings.create(model="small", input="a")
    with pytest.raises(openai.NotFoundError, match="ask 'lengths'"):
        client.embeddings.create(model="small", input="a")
    with pytest.raises(openai.BadRequestError, match="leave dimensions out"):
        client.embeddings.create(model="lengths", input="a", dimensions=7)
