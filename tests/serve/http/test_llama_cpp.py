"""The very requests of llama.vim (autoload/llama.vim) and llama.vscode (src/llama-server.ts), and what
those look for in a reply.
"""

import json
import time

import pytest

from codekiln.serve.events import Events, read_events
from codekiln.serve.http import Settings
from codekiln.serve.watched import WatchedFolder
from fakes import FakeCompleter, tiny_tokenizer
from serve.http.asking import BEFORE, BEHIND, SAID, Endless, asking

FIELDS = [
    "content",
    "timings/prompt_n",
    "timings/prompt_ms",
    "timings/prompt_per_token_ms",
    "timings/prompt_per_second",
    "timings/predicted_n",
    "timings/predicted_ms",
    "timings/predicted_per_token_ms",
    "timings/predicted_per_second",
    "truncated",
    "tokens_cached",
]
VIM = {
    "id_slot": 0,
    "input_prefix": "def add(first, second):\n",
    "input_suffix": "\n\n\nprint(add(1, 2))\n",
    "input_extra": [
        {"text": "def subtract(a, b):\n    return a - b\n", "time": 1.5, "filename": "other.py"}
    ],
    "prompt": "    return ",
    "n_predict": 128,
    "stop": [],
    "n_indent": 4,
    "top_k": 40,
    "top_p": 0.90,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 250,
    "response_fields": FIELDS,
}
VSCODE = {
    "input_prefix": "def add(first, second):\n",
    "input_suffix": "\n\n\nprint(add(1, 2))\n",
    "input_extra": [{"text": "x = 1\n", "time": 1764227400000, "filename": "src/other.py"}],
    "prompt": "    return ",
    "n_predict": 128,
    "n_cmpl": 3,
    "top_k": 40,
    "top_p": 0.99,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "n_indent": 4,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 2500,
}
WARM = {
    "input_prefix": "",
    "input_suffix": "",
    "input_extra": VIM["input_extra"],
    "prompt": "",
    "n_predict": 0,
    "samplers": [],
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 1,
    "response_fields": [""],
}


class Varied(FakeCompleter):
    """Says the seed, if it is to sample."""

    def complete(self, request):
        self.pieces = [f"first + {request.seed}" if request.temperature else SAID]
        return super().complete(request)


def test_llama_vim():
    with asking() as (client, completer):
        key = {"Authorization": "Bearer whatever"}
        reply = client.post("/infill", json=VIM, headers=key)
    assert reply.status_code == 200
    told = reply.json()
    assert set(told) == set(FIELDS)  # by their paths, which are the very keys
    assert told["content"] == SAID
    assert (told["timings/prompt_n"], told["timings/predicted_n"]) == (3, 1)
    assert (told["tokens_cached"], told["truncated"]) == (4, False)
    [request] = completer.requests
    assert (request.prefix, request.suffix) == (BEFORE, BEHIND)
    assert request.context == "# other.py\n# def subtract(a, b):\n#     return a - b\n"
    assert request.language == "python"  # as the piece's name says
    assert (request.max_tokens, request.block, request.line_deadline_ms) == (128, True, 750)
    assert request.temperature == 0  # clients do not say any, and top_k alone changes nothing then


def test_llama_vscode_is_told_several_answers():
    with asking(completer=Varied([])) as (client, completer):
        told = client.post("/infill", json=VSCODE).json()
    assert [each["content"] for each in told] == [SAID, "first + 1", "first + 2"]
    assert [each["index"] for each in told] == [0, 1, 2]
    assert [request.temperature for request in completer.requests] == [0, 0.6, 0.6]


def test_alternatives_are_one_suggestion(tmp_path):
    with asking(completer=Varied([]), events=Events(tmp_path)) as (client, _):
        client.post("/infill", json=VSCODE)
    assert [event.characters for event in read_events(tmp_path)] == [len(SAID)]


def test_answers_that_say_the_same_are_told_once_and_alone():
    with asking() as (client, completer):
        told = client.post("/infill", json=VSCODE).json()
    assert told["content"] == SAID
    assert len(completer.requests) == 3


def test_a_reply_has_what_llama_vscode_reads():
    with asking() as (client, _):
        told = client.post("/infill", json={**VSCODE, "n_cmpl": 1}).json()
    assert told["content"] == SAID
    for what in ("prompt", "predicted"):
        assert told["timings"][f"{what}_n"] > 0
        assert told["timings"][f"{what}_ms"] > 0
        assert told["timings"][f"{what}_per_second"] > 0
    assert (told["stop"], told["stop_type"], told["model"]) == (True, "eos", "small")


@pytest.mark.parametrize("fields", [[""], None, ["content"]])
def test_a_call_that_warms_the_cache_is_told_no_text(fields):
    body = {key: value for key, value in WARM.items() if key != "response_fields"}
    if fields:
        body["response_fields"] = fields
    with asking() as (client, completer):
        reply = client.post("/infill", json=body)
    assert reply.status_code == 200
    assert reply.json().get("content", "") == ""
    [request] = completer.requests
    assert request.max_tokens == 1
    assert "subtract" in request.context  # it is what was to be read


def test_it_says_why_each_piece_is_in_the_prompt():
    body = {**VIM, "response_fields": ["content", "codekiln/context/pieces"]}
    with asking() as (client, _):
        told = client.post("/infill", json=body).json()
    [piece] = told["codekiln/context/pieces"]
    assert (piece["path"], piece["why"]) == ("other.py", "edited recently")


def test_a_stream_is_the_verified_answer_and_its_end():
    with asking([SAID, ")"]) as (client, _):
        reply = client.post("/infill", json={**VIM, "stream": True, "response_fields": []})
    assert reply.headers["content-type"].startswith("text/event-stream")
    piece, end = (
        json.loads(line.removeprefix("data: ")) for line in reply.text.splitlines() if line
    )
    assert (piece["content"], piece["stop"]) == (SAID, False)
    assert (end["content"], end["stop"], end["timings"]["predicted_n"]) == ("", True, 2)


def test_the_time_to_write_ends_with_the_line():
    """Once it is over, the line that the answer has come to is finished all the same."""
    with asking() as (client, completer):
        client.post("/infill", json={**VIM, "t_max_prompt_ms": 0, "t_max_predict_ms": 1})
        client.post("/infill", json={**VIM, "t_max_predict_ms": 0})
    hurried, unhurried = (request.extent() for request in completer.requests)
    time.sleep(0.01)
    text = "first + 1\n    again\n    and again"
    assert hurried.feed(text) == "first + 1"
    assert hurried.ended
    assert unhurried.feed(text) == text


def test_the_file_that_is_edited_is_found_in_the_folder(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "sums.py").write_text(
        "from shapes import area_of\n\n\n"
        "def total_of(widths, height):\n    sizes = [area_of(width, height) for width in widths]\n"
        "    return sum(sizes)\n"
    )
    (folder / "shapes.py").write_text("def area_of(width, height):\n    return width * height\n")
    before = "from shapes import area_of\n\n\ndef total_of(widths, height):\n"
    body = {"input_prefix": before, "prompt": "    sizes = [area_of(", "input_suffix": "\n"}
    completer = FakeCompleter(["1, 2)]"])
    with WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work") as watched:
        assert watched.wait(20)
        with asking(completer=completer, folder=watched) as (client, _):
            told = client.post("/infill", json=body).json()
    assert completer.requests[0].path == "sums.py"
    assert [piece["path"] for piece in told["codekiln"]["context"]["pieces"]] == ["shapes.py"]
    assert told["codekiln"]["folder"] == "indexed: 2 files"
    assert told["codekiln"]["state"] == "verified"


def test_adapters_are_those_of_the_list():
    with asking(adapters=["one", "two"]) as (client, completer):
        listed = client.get("/lora-adapters").json()
        assert [(each["id"], each["path"]) for each in listed] == [(0, "one"), (1, "two")]
        for body in (
            {**VIM, "lora": [{"id": 1, "scale": 0.5}]},
            {**VIM, "lora": [{"id": 0, "scale": 0.0}]},
            {**VIM, "model": "one"},
        ):
            assert client.post("/infill", json=body).status_code == 200
        refused = client.post("/infill", json={**VIM, "lora": [{"id": 2, "scale": 1}]})
    assert [request.adapter for request in completer.requests] == ["two", "", "one"]
    assert refused.status_code == 400
    assert "/lora-adapters" in refused.json()["error"]["message"]


def test_health_props_and_tokens():
    with asking() as (client, _):
        assert client.get("/health").json() == {"status": "ok"}
        props = client.get("/props").json()
        assert (props["total_slots"], props["model_path"]) == (1, "small")
        text = "def é(): 😀"
        tokens = client.post("/tokenize", json={"content": text}).json()["tokens"]
        assert tokens == tiny_tokenizer().encode(text)
        assert client.post("/detokenize", json={"tokens": tokens}).json() == {"content": text}
        pieces = client.post("/tokenize", json={"content": "é", "with_pieces": True}).json()
        assert [each["piece"] for each in pieces["tokens"]] == [[0xC3], [0xA9]]
        refused = client.post("/detokenize", json={"tokens": [10**6]})
        assert refused.status_code == 400


def test_nobody_gets_more_tokens_than_the_server_allows():
    with asking(settings=Settings(tokens=8)) as (client, completer):
        for asked in (5, 128, -1, -2, 10**12):
            client.post("/infill", json={**VIM, "n_predict": asked})
    assert [request.max_tokens for request in completer.requests] == [5, 8, 8, 8, 8]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": 3}, "prompt: Input should be a valid string"),
        ({"input_extra": [{"filename": "a"}]}, "input_extra.0.text: Field required"),
        ({"n_cmpl": 0}, "n_cmpl"),
        ({"n_cmpl": 99}, "n_cmpl"),
        ({"temperature": -1}, "temperature"),
        ({"stop": "one"}, "stop"),
    ],
)
def test_wrong_requests_are_told_what_is_wrong(change, said):
    with asking() as (client, completer):
        assert client.post("/infill", json=VIM).status_code == 200
        reply = client.post("/infill", json={**VIM, **change})
        assert len(completer.requests) == 1
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert (error["code"], error["type"]) == (400, "invalid_request_error")
    assert said in error["message"]


def test_an_unknown_model_is_not_there():
    with asking() as (client, _):
        assert client.post("/infill", json={**VIM, "model": "small"}).status_code == 200
        reply = client.post("/infill", json={**VIM, "model": "gpt-4"})
    assert reply.status_code == 404
    assert reply.json()["error"]["type"] == "not_found_error"
    assert "gpt-4" in reply.json()["error"]["message"]


def test_an_answer_that_takes_too_long_is_given_up():
    completer = Endless()
    with asking(completer=completer, settings=Settings(answer_seconds=0.05)) as (client, _):
        reply = client.post("/infill", json=VIM)
        assert completer.left.wait(20)
    assert reply.status_code == 504
    assert "fewer tokens" in reply.json()["error"]["message"]
