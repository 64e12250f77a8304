"""llama.cpp's own server with our own weights: it answers as our engine does.

Needs `xllamacpp`, of the extra `bench`, and `gguf`.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bench.generate.llama_cpp import LlamaServer

from codekiln.errors import ServerError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import load_engine, model_folder
from codekiln.generate.servers import open_server
from codekiln.pipeline.export import export
from codekiln.tasks.chat import Message
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import SPECIAL_TOKENS

pytest.importorskip("xllamacpp", reason="llama.cpp is not installed: pip install 'codekiln[bench]'")
pytest.importorskip("gguf", reason="gguf is not installed: pip install 'codekiln[gguf]'")

CONTROL = set(range(len(SPECIAL_TOKENS)))
REQUESTS = [
    CompletionRequest("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", "add.py", "python"),
    CompletionRequest("for item in range(10):\n    print(", ")\n", language="python"),
    CompletionRequest("import os\n\n\ndef size(path):\n    ", path="size.py", language="python"),
    CompletionRequest("const total = items.reduce((a, b) => ", ";\nexport default total;\n"),
]


@pytest.fixture(scope="module", name="server")
def _server(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "starter.gguf"
    export(Path("starter"), path, "gguf", "f16")
    with LlamaServer(path, threads=1, speculation=None) as server:
        yield server


@pytest.fixture(name="completer")
def _completer(server):
    with open_server(server.url) as completer:
        yield completer


def test_greedy_text_is_that_of_our_engine(completer):
    """A tie within the rounding of f16 may part two answers, so not all of them need be equal."""
    # llama.cpp does not write the word at the cursor anew, and mixes nothing in.
    starter = Path("starter")
    tokenizer = Tokenizer.load(model_folder(starter))
    ours = EngineCompleter(load_engine(starter), tokenizer, heal=False)
    answers = [(collect(completer, r), collect(ours, r)) for r in map(short, REQUESTS)]
    for theirs, mine in answers:
        assert theirs.timings.prompt_tokens == mine.timings.prompt_tokens
        assert not set(theirs.token_ids[:-1]) & CONTROL
    for theirs, mine in answers[::3]:  # control is unlikely there, so that its ban changes little
        assert theirs.logprobs[0] == pytest.approx(mine.logprobs[0], abs=0.05)
    same = [theirs.text == mine.text for theirs, mine in answers]
    assert sum(same) >= len(same) - 1


def short(request):
    return CompletionRequest(**vars(request) | {"max_tokens": 8})


def test_settings_reach_the_sampler(completer):
    base = vars(REQUESTS[0]) | {"max_tokens": 6, "temperature": 1.5, "seed": 5}
    greedy = collect(completer, CompletionRequest(**base | {"temperature": 0.0}))
    for only_the_best in ({"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}):
        assert collect(completer, CompletionRequest(**base | only_the_best)).text == greedy.text
    penalised = collect(
        completer, CompletionRequest(**base | {"temperature": 0.0, "repetition_penalty": 50.0})
    )
    assert len(set(penalised.token_ids)) == len(penalised.token_ids)


def test_a_schema_is_met(completer):
    schema = {"enum": [{"size": 1}, {"size": 25}]}
    for request in REQUESTS[:2]:
        request = replace(request, json_schema=json.dumps(schema), max_tokens=100)
        assert json.loads(collect(completer, request).text) in ({"size": 1}, {"size": 25})


def test_it_chats_by_a_template_of_its_own(completer):
    """The starter has none, so that the server takes ChatML; its words are no matter here."""
    request = CompletionRequest(messages=(Message("user", "Add."),), max_tokens=6)
    whole = collect(completer, request)
    assert whole.finish_reason == "length"
    assert whole.timings.generated_tokens == 6
    assert whole.timings.prompt_tokens > 5
    schema = {"enum": [{"size": 1}, {"size": 25}]}
    told = replace(request, json_schema=json.dumps(schema), max_tokens=100)
    assert json.loads(collect(completer, told).text) in ({"size": 1}, {"size": 25})


def test_a_text_longer_than_the_context_keeps_the_cursor(completer):
    request = CompletionRequest("x = 1\n" * 900 + "def add(a, b):\n    return ", "\n", max_tokens=4)
    whole = collect(completer, request)
    assert 500 < whole.timings.prompt_tokens <= 1020


def test_a_closed_answer_frees_the_slot_for_the_next(completer):
    request = CompletionRequest("for item in ", max_tokens=600)
    chunks = completer.complete(request)
    next(chunks)
    chunks.close()
    assert collect(completer, short(REQUESTS[0])).text  # the one slot is not busy for 600 tokens


def test_a_server_that_ended_is_told(tmp_path):
    path = tmp_path / "starter.gguf"
    export(Path("starter"), path, "gguf", "q8_0")
    with LlamaServer(path, threads=1, speculation=None) as server:
        completer = open_server(server.url)
        chunks = completer.complete(CompletionRequest("def f():\n", max_tokens=600))
        assert next(chunks).finish_reason is None
    with pytest.raises(ServerError, match="broke"):
        list(chunks)
    with pytest.raises(ServerError, match="Nothing answers"):
        collect(completer, REQUESTS[0])
    completer.close()
