import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.errors import ModelError, UsageError
from codekiln.generate import Sampling, TextStream, generate, strategy_of
from codekiln.tokenizer import SPECIAL_TOKENS
from fakes import FakeEngine, rambling, saying, tiny_tokenizer
from foreign_tokenizers import foreign, smollm

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
GREEDY = strategy_of(Sampling())
PROMPT = [0, 50, 51]


def run(engine, prompt=PROMPT, *, strategy=GREEDY, max_tokens=500, **options):
    return list(
        generate(engine, TOKENIZER, prompt, strategy=strategy, max_tokens=max_tokens, **options)
    )


def say(text: str, **options):
    return run(saying(TOKENIZER.encode(text), V), **options)


def text_of(steps) -> str:
    return "".join(step.text for step in steps)


def byte_ids(data: bytes) -> list[int]:
    single = {TOKENIZER.bytes_of(token): token for token in range(len(SPECIAL_TOKENS), V)}
    return [single[bytes([byte])] for byte in data]


def test_text_comes_out_token_by_token_until_the_end_token():
    text = "def add(first, second):\n    return first\n"
    steps = say(text)
    ids = TOKENIZER.encode(text)
    assert [step.token for step in steps] == [*ids, TOKENIZER.end]
    assert [step.text for step in steps[:-1]] == [TOKENIZER.decode([token]) for token in ids]
    assert steps[-1].text == ""
    assert [step.finish_reason for step in steps] == [None] * len(ids) + ["end"]


def test_the_prompt_is_read_once_and_each_token_costs_one_step():
    engine = saying(TOKENIZER.encode("return"), V)
    steps = run(engine)
    assert engine.prefills == 1
    assert engine.steps == len(steps) - 1  # the last token is not read
    assert engine.rows == [[*PROMPT, *(step.token for step in steps[:-1])]]


def test_nothing_is_computed_before_the_first_step_is_asked_for():
    engine = saying([50], V)
    steps = generate(engine, TOKENIZER, PROMPT, strategy=GREEDY, max_tokens=5)
    assert engine.prefills == 0
    next(steps)
    assert (engine.prefills, engine.steps) == (1, 0)


def test_max_tokens():
    steps = say("return first + second", max_tokens=3)
    assert len(steps) == 3
    assert steps[-1].finish_reason == "length"
    assert text_of(steps) == TOKENIZER.decode(TOKENIZER.encode("return first + second")[:3])


def test_the_end_counts_as_end_even_as_the_last_token_allowed():
    assert run(saying([50, 51], V), max_tokens=3)[-1].finish_reason == "end"


def test_the_context_is_filled_and_never_exceeded():
    engine = saying([50] * 100, V, context=10)
    steps = run(engine)
    assert len(steps) == 10 - len(PROMPT)
    assert steps[-1].finish_reason == "length"


def test_a_prompt_must_leave_room_for_one_token():
    engine = saying([50] * 100, V, context=10)
    assert len(run(engine, [0] * 9)) == 1
    for prompt in ([0] * 10, [0] * 11, []):
        with pytest.raises(UsageError, match="must have 1 to 9"):
            run(engine, prompt)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stop": ("x", "")}, "stop string is empty"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_wrong_settings_are_refused_at_once(options, message):
    with pytest.raises(UsageError, match=message):
        generate(
            saying([], V), TOKENIZER, PROMPT, **({"strategy": GREEDY, "max_tokens": 1} | options)
        )
    assert run(saying([50], V), stop=("x",), max_tokens=1, seed=0)


def test_a_model_smaller_than_the_tokenizer_is_refused_and_a_padded_one_is_not():
    with pytest.raises(ModelError, match="beside the model"):
        run(rambling(V - 1))
    padded = FakeEngine(lambda row, _: np.arange(V + 20, dtype=np.float32), V + 20)
    assert {step.token for step in run(padded, max_tokens=5)} == {V - 1}


def test_logits_that_are_no_numbers_are_refused():
    for bad in (math.nan, math.inf):
        engine = FakeEngine(lambda row, _, bad=bad: np.full(V, bad, dtype=np.float32), V)
        with pytest.raises(ModelError, match="no numbers"):
            run(engine)


def test_a_stop_string_ends_the_text_before_it_wherever_tokens_end():
    text = "first + second\nreturn item"
    for stop in ("\n", "second", "nd\nre", "st + s", "f", " item"):
        steps = say(text, stop=("never", stop))
        assert text_of(steps) == text[: text.index(stop)]
        assert steps[-1].finish_reason == "stop"
        assert all(step.finish_reason is None for step in steps[:-1])


def test_a_stop_string_may_span_many_tokens():
    ids = byte_ids(b"ab<stop>cd")
    steps = run(saying(ids, V), stop=("<stop>",))
    assert [step.text for step in steps] == ["a", "b", *[""] * 6]
    assert steps[-1].finish_reason == "stop"


def test_the_beginning_of_a_stop_string_is_emitted_when_it_does_not_complete():
    steps = run(saying(byte_ids(b"a<st<stay"), V), stop=("<stop>",))
    assert [step.text for step in steps] == ["a", "", "", "", "<st", "", "", "<sta", "y", ""]
    assert steps[-1].finish_reason == "end"
    again = run(saying(byte_ids(b"xaaab"), V), stop=("aab",))
    assert [step.text for step in again] == ["x", "", "", "a", ""]
    held = run(saying(byte_ids(b"a<st"), V), stop=("<stop>",))
    assert [step.text for step in held] == ["a", "", "", "", "<st"]
    cut = run(saying(byte_ids(b"a<stop>"), V), stop=("<stop>",), max_tokens=3)
    assert [step.text for step in cut] == ["a", "", "<s"]
    assert cut[-1].finish_reason == "length"


def test_a_stop_completed_by_the_last_token_allowed_counts_as_stop():
    steps = run(saying(byte_ids(b"ab\n"), V), stop=("\n",), max_tokens=3)
    assert (text_of(steps), steps[-1].finish_reason) == ("ab", "stop")


def test_characters_split_over_tokens_come_whole():
    text = "é→😀x"
    steps = run(saying(byte_ids(text.encode()), V))
    assert [step.text for step in steps] == ["", "é", "", "", "→", "", "", "", "😀", "x", ""]
    emoji = run(saying(byte_ids("a😀b".encode()), V), stop=("😀",))
    assert (text_of(emoji), emoji[-1].finish_reason) == ("a", "stop")


def test_invalid_bytes_become_replacement_characters():
    assert text_of(run(saying(byte_ids(b"a\xff\xe2\x86b\xf0"), V))) == "a\ufffd\ufffdb\ufffd"
    cut = run(saying(byte_ids("→".encode()), V), max_tokens=2)
    assert text_of(cut) == TOKENIZER.decode([step.token for step in cut]) == "\ufffd"


@given(
    st.text("abc\né", max_size=30),
    st.lists(st.text("abc\né", min_size=1, max_size=4), max_size=3),
    st.data(),
)
def test_the_text_does_not_depend_on_where_the_pieces_end(text, stops, data):
    ends = [(text.index(stop) + len(stop), text.index(stop)) for stop in stops if stop in text]
    expected = text[: min(ends)[1]] if ends else text
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=8)) | {0, len(raw)})
    pieces = [raw[a:b] for a, b in pairwise(cuts)] or [b""]
    stream, out = TextStream(tuple(stops)), ""
    for place, piece in enumerate(pieces):
        out += stream.feed(piece, final=place == len(pieces) - 1)
        assert expected.startswith(out)
        if stream.stopped:
            break
    assert (out, stream.stopped) == (expected, bool(ends))


def test_special_tokens_are_never_generated_but_the_end():
    def after(row, prompt):
        logits = np.zeros(V, dtype=np.float32)
        logits[: len(SPECIAL_TOKENS)] = 50
        logits[TOKENIZER.end] = 10 if len(row) - prompt == 4 else -10
        logits[60] = 5
        return logits

    for sampling in (
        Sampling(),
        Sampling(temperature=1.5),
        Sampling(repetition_penalty=1.0, temperature=0.1),
    ):
        steps = run(FakeEngine(after, V), strategy=strategy_of(sampling), max_tokens=5)
        assert not {step.token for step in steps} & set(range(1, len(SPECIAL_TOKENS)))
    assert [step.token for step in run(FakeEngine(after, V))] == [60] * 4 + [TOKENIZER.end]


def test_each_end_of_another_model_ends_and_its_other_control_is_never_generated():
    tokenizer = foreign(smollm(), "<|im_end|>")
    size = tokenizer.vocabulary_size
    control = {tokenizer.opening, *range(4)}

    def wanting(end):
        def after(row, prompt):
            logits = np.zeros(size + 10, dtype=np.float32)  # rows that no token has
            logits[[1, 3, *range(size, size + 10)]] = 50
            logits[end if len(row) - prompt == 2 else 60] = 20
            return logits

        return FakeEngine(after, size + 10)

    assert tokenizer.ends == {0, 2} < control
    for end in sorted(tokenizer.ends):
        steps = list(generate(wanting(end), tokenizer, [0, 50], strategy=GREEDY, max_tokens=9))
        assert [step.token for step in steps] == [60, 60, end]
        assert steps[-1].finish_reason == "end"


def test_the_penalty_sees_prompt_and_answer_but_no_control():
    def after(row, _):
        logits = np.full(V, -9, dtype=np.float32)
        logits[[TOKENIZER.end, 50, 60, 70]] = [4, 8, 7, 6]
        return logits

    strategy = strategy_of(Sampling(repetition_penalty=10))
    steps = run(FakeEngine(after, V), [0, 50], strategy=strategy)
    assert [step.token for step in steps] == [60, 70, TOKENIZER.end]


def test_log_probabilities_are_those_of_the_masked_model():
    strategy = strategy_of(Sampling(temperature=0.7, top_k=5, repetition_penalty=1.3))
    steps = run(rambling(V), strategy=strategy, max_tokens=20)
    assert len(steps) == 20
    again = rambling(V)
    logits = again.prefill(np.array([PROMPT]))[0]
    for step in steps:
        allowed = [0, *range(len(SPECIAL_TOKENS), V)]
        best = max(float(logits[i]) for i in allowed)
        total = math.fsum(math.exp(float(logits[i]) - best) for i in allowed)
        assert step.logprob == pytest.approx(
            float(logits[step.token]) - best - math.log(total), abs=1e-6
        )
        logits = again.step(np.array([[step.token]]))[0, -1]


def test_the_same_seed_gives_the_same_text_and_another_another():
    strategy = strategy_of(Sampling(temperature=1))
    first, second, other = (
        run(rambling(V), strategy=strategy, seed=seed, max_tokens=30) for seed in (5, 5, 6)
    )
    assert first == second
    assert first != other
