from dataclasses import replace
from itertools import chain, count

import pytest

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.inputs.formats import Header
from codekiln.tasks import completion_prompt
from fakes import FakeCompleter, rambling, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
REQUEST = CompletionRequest(
    "def add(first, second):\n    return ",
    "\nprint(add)\n",
    path="add.py",
    language="python",
    max_tokens=200,
)


def test_chunks_joined_are_the_collected_text():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    request = replace(REQUEST, temperature=1.0, max_tokens=40, stop=("zz",))
    chunks = list(completer.complete(request))
    whole = collect(completer, request)
    assert "".join(chunk.text for chunk in chunks) == whole.text
    assert tuple(chain.from_iterable(chunk.token_ids for chunk in chunks)) == whole.token_ids
    assert tuple(chain.from_iterable(chunk.logprobs for chunk in chunks)) == whole.logprobs
    assert [chunk.finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].finish_reason == whole.finish_reason


def test_the_engine_reads_the_prompt_of_the_task():
    engine = saying(TOKENIZER.encode("first + second"), V)
    whole = collect(EngineCompleter(engine, TOKENIZER, heal=False), REQUEST)
    header = Header("", "add.py", "python")
    prompt = completion_prompt(TOKENIZER, REQUEST.prefix, REQUEST.suffix, header, 800)
    assert engine.rows[0][: len(prompt)] == prompt
    assert whole.text == "first + second"
    assert whole.finish_reason == "end"
    assert whole.token_ids[-1] == TOKENIZER.end
    assert whole.timings.prompt_tokens == len(prompt)
    assert whole.timings.generated_tokens == len(whole.token_ids) == len(whole.logprobs)


def test_what_is_known_of_the_file_reaches_the_prompt():
    engine = saying(TOKENIZER.encode("x"), V)
    request = replace(REQUEST, domains=("testing", "web"))
    collect(EngineCompleter(engine, TOKENIZER, heal=False), request)
    header = Header("", "add.py", "python", ("web", "testing"))
    prompt = completion_prompt(TOKENIZER, REQUEST.prefix, REQUEST.suffix, header, 800)
    assert engine.rows[0][: len(prompt)] == prompt
    with pytest.raises(UsageError, match="'wob' is no domain of code"):
        EngineCompleter(engine, TOKENIZER, heal=False).complete(replace(REQUEST, domains=("wob",)))


@pytest.mark.parametrize(
    ("context", "max_tokens", "prompt", "generated"),
    [(100, 20, 80, 20), (100, 90, 50, 50), (100, 1000, 50, 50), (100, 1, 99, 1), (2, 1, 1, 1)],
)
def test_prompt_and_answer_share_the_context(context, max_tokens, prompt, generated):
    completer = EngineCompleter(saying([70] * 2000, V, context), TOKENIZER, heal=False)
    whole = collect(completer, CompletionRequest("x = 1\n" * 500, max_tokens=max_tokens))
    read = whole.timings.prompt_tokens
    assert prompt * 5 // 8 <= read <= prompt  # the prompt is cut in steps
    assert whole.timings.generated_tokens == min(max_tokens, context - read) >= generated
    assert whole.finish_reason == "length"


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1},
        {"top_p": 0},
        {"top_k": 0},
        {"max_tokens": 0},
        {"max_tokens": -5},
        {"stop": ("",)},
    ],
)
def test_a_request_out_of_bounds_is_refused_before_the_first_chunk(wrong):
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    with pytest.raises(UsageError, match=next(iter(wrong)).split("_")[0]):
        completer.complete(replace(REQUEST, prefix="x = 1\n" * 500, **wrong))
    completer.complete(REQUEST)


def test_sampling_settings_reach_the_choice():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    greedy = collect(completer, replace(REQUEST, max_tokens=20))
    only_best = collect(
        completer, replace(REQUEST, max_tokens=20, temperature=2.0, top_k=1, seed=3)
    )
    sampled = collect(completer, replace(REQUEST, max_tokens=20, temperature=2.0, seed=3))
    assert greedy.token_ids == only_best.token_ids != sampled.token_ids


def test_timings_by_a_clock_of_ones_own():
    ticks = count(10, 2)
    completer = FakeCompleter(["a", "b", "c", "d", "e"])
    whole = collect(completer, REQUEST, clock=lambda: next(ticks))
    assert whole.text == "abcde"
    assert whole.timings.prompt_tokens == 3
    assert whole.timings.prefill_ms == 2000
    assert whole.timings.generate_ms == 2000
    assert whole.timings.tokens_per_second == 2.0
    assert collect(FakeCompleter(["a"]), REQUEST).timings.tokens_per_second == 0
