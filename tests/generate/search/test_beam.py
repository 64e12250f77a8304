import itertools
import math
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from codekiln.errors import UsageError
from codekiln.generate.constraints.healing import Healing, Pieces
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.beam import beam_search
from codekiln.generate.strategies import log_softmax
from fakes import FakeEngine, leaving, rambling, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
END = TOKENIZER.end
A, B, C, NEWLINE = (TOKENIZER.encode(text)[0] for text in ("a", "b", "c", "\n"))
PROMPT = [0, 50, 51]


class Few(FakeEngine):
    """An engine that knows only some ids: random logits that depend on the whole sequence."""

    def __init__(self, ids, seed=0):
        super().__init__(lambda row, _: self.after(row), V)
        self.ids, self.seed = list(ids), seed

    def after(self, row):
        rng = np.random.default_rng([self.seed, *row])
        logits = np.full(V, -np.inf, dtype=np.float32)
        logits[self.ids] = rng.normal(scale=2, size=len(self.ids))
        return logits


def search(engine, **options):
    return beam_search(Slot(engine), TOKENIZER, PROMPT, **options)


def logprob_of(engine, tokens):
    """That of an answer, one token after the other."""
    rows = [[*PROMPT, *tokens[:n]] for n in range(len(tokens))]
    return sum(
        log_softmax(engine.after(row))[token] for row, token in zip(rows, tokens, strict=True)
    )


def finished(tokens, depth, stop):
    """The text of an answer that is over with its last token and not before; None of others."""
    for n in range(1, len(tokens) + 1):
        text = TOKENIZER.decode(tokens[:n])
        cut = min((text.split(string)[0] for string in stop), key=len, default=text)
        if tokens[n - 1] == END or cut != text or n == depth:
            return cut if n == len(tokens) else None
    return None


def exhaustive(engine, ids, depth, alpha, stop):
    """Every answer of at most `depth` tokens, by its score; each text once, with its best tokens."""
    best = {}
    for n in range(1, depth + 1):
        for tokens in itertools.product(ids, repeat=n):
            text = finished(tokens, depth, stop)
            if text is not None:
                logprob = logprob_of(engine, tokens)
                found = (logprob / n**alpha, logprob, tokens, text)
                best[text] = max(found, best.get(text, found))
    return sorted(best.values(), reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("stop", [(), ("\n",), ("ab", "c")])
@pytest.mark.parametrize("seed", range(2))
def test_a_beam_wide_enough_is_exhaustive_search(alpha, stop, seed):
    ids = (END, A, B, C, NEWLINE)
    engine = Few(ids, seed=seed)
    found = search(engine, width=len(ids) ** 3, n=10, max_tokens=3, alpha=alpha, stop=stop)
    expected = exhaustive(engine, ids, 3, alpha, stop)[:10]
    assert [h.token_ids for h in found] == [tokens for _, _, tokens, _ in expected]
    assert [h.text for h in found] == [text for *_, text in expected]
    assert [h.logprob for h in found] == pytest.approx([logprob for _, logprob, *_ in expected])


def test_a_beam_finds_what_greedy_decoding_misses():
    # The numbers of `Greedy`'s docstring.
    follow = {51: {A: 0.6, B: 0.4}, A: {C: 0.5, B: 0.5}, B: {C: 0.9, A: 0.1}, C: {END: 1}}

    def after(row, _):
        logits = np.full(V, -np.inf, dtype=np.float32)
        for token, p in follow.get(row[-1], {}).items():
            logits[token] = math.log(p)
        return logits

    engine = FakeEngine(after, V)
    (greedy,) = search(engine, width=1, max_tokens=2, alpha=0.0)
    assert math.exp(greedy.logprob) == pytest.approx(0.30)
    (best,) = search(engine, width=2, max_tokens=2, alpha=0.0)
    assert best.text == "bc"
    assert math.exp(best.logprob) == pytest.approx(0.36)


@pytest.mark.parametrize("width", [1, 3, 8])
def plain_beam_search(engine, ids, width, depth, alpha):
    """Written anew, without an early end."""
    beams, done = [()], []
    for _ in range(depth):
        grown = [(*tokens, token) for tokens in beams for token in ids]
        grown.sort(key=lambda tokens: -logprob_of(engine, tokens))
        done += [tokens for tokens in grown[:width] if finished(tokens, depth, ()) is not None]
        beams = [tokens for tokens in grown if tokens[-1] != END][:width]
    return max(done, key=lambda tokens: logprob_of(engine, tokens) / len(tokens) ** alpha)


@pytest.mark.parametrize("width", [1, 3, 6])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_an_early_end_loses_nothing(width, alpha, seed):
    ids = (END, A, B, C)
    engine = Few(ids, seed)
    (found,) = search(engine, width=width, max_tokens=6, alpha=alpha)
    assert found.token_ids == plain_beam_search(engine, ids, width, 6, alpha)
    assert found.logprob == pytest.approx(logprob_of(engine, found.token_ids))


def test_it_ends_as_soon_as_nothing_can_win():
    engine = saying([A], V)
    (found,) = search(engine, width=2, max_tokens=200, alpha=0.0)
    assert (found.text, found.finish_reason) == ("a", "end")
    assert engine.steps < 10


def test_the_prompt_is_read_once_and_alone_stays_in_the_engine():
    engine = rambling(V)
    search(engine, width=4, n=4, max_tokens=6)
    assert engine.prefills == 1
    assert engine.rows == [PROMPT]


def test_control_is_never_generated():
    control = [t for t in range(V) if t not in TOKENIZER.text_ids and t not in TOKENIZER.ends]

    def after(row, _):
        logits = np.zeros(V, dtype=np.float32)
        logits[control] = 50
        return logits

    found = search(FakeEngine(after, V), width=8, n=8, max_tokens=3)
    assert not {token for answer in found for token in answer.token_ids} & set(control)


def test_reasons_texts_and_order():
    engine = Few((END, A, NEWLINE), seed=4)
    found = search(engine, width=8, n=8, max_tokens=4, alpha=1.0, stop=("\n",))
    for answer in found:
        last = answer.token_ids[-1]
        expected = {END: "end", NEWLINE: "stop"}.get(last, "length")
        assert answer.finish_reason == expected
        assert answer.text == "a" * answer.token_ids.count(A)
    scores = [answer.logprob / len(answer.token_ids) for answer in found]
    assert scores == sorted(scores, reverse=True)
    assert len({answer.text for answer in found}) == len(found)


def test_the_context_bounds_the_answer():
    engine = rambling(V, context=6)
    found = search(engine, width=3, n=3, max_tokens=50)
    assert max(len(answer.token_ids) for answer in found) <= 3


def test_a_constraint_holds_for_every_beam_and_its_text_is_not_shown():
    text = b" re"
    found = search(
        rambling(V), width=6, n=6, max_tokens=5, constraint=Healing(Pieces(TOKENIZER), text)
    )
    assert len(found) > 1
    for answer in found:
        data = b"".join(map(TOKENIZER.bytes_of, answer.token_ids))
        assert data.startswith(text)
        assert answer.text == data[len(text) :].decode(errors="replace")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width is 0"),
        ({"n": 0}, "n is 0"),
        ({"n": 4}, "n is 4"),
        ({"alpha": -0.5}, "alpha is -0.5"),
        ({"alpha": math.nan}, "alpha is nan"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"stop": ("",)}, "stop string is empty"),
    ],
)
def test_what_is_out_of_bounds_is_refused(options, message):
    fine = {"width": 3, "n": 3, "max_tokens": 5}
    assert search(rambling(V), **fine)
    with pytest.raises(UsageError, match=message):
        search(rambling(V), **(fine | options))


@pytest.mark.parametrize("alpha", [0.0, 1.0, 1.5])
@pytest.mark.parametrize("width", [2, 5])
def test_equal_to_transformers(width, alpha):
    torch.manual_seed(1)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=V,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            initializer_range=1.0,
            eos_token_id=END,
            pad_token_id=1,
        )
    ).eval()
    # No control, which it does not know of; no bytes of which several answers would show as U+FFFD;
    # and enough of the end token for answers of different lengths.
    model.lm_head = torch.nn.Linear(16, V)
    with torch.no_grad():
        model.lm_head.bias[[not TOKENIZER.bytes_of(i).isascii() for i in range(V)]] = -1e4
        model.lm_head.bias[[i not in TOKENIZER.text_ids for i in range(V)]] = -1e4
        model.lm_head.bias[END] = 1.0

    @torch.inference_mode()
    def after(row, prompt):
        return model(torch.tensor([row])).logits[0, -1].numpy()

    expected = model.generate(
        torch.tensor([PROMPT]),
        num_beams=width,
        num_return_sequences=width,
        max_new_tokens=6,
        length_penalty=alpha,
        early_stopping="never",
        do_sample=False,
        return_dict_in_generate=True,
        output_scores=True,
    )
    engine = FakeEngine(lambda row, prompt: after(row, prompt) if len(row) >= prompt else 0, V)
    found = search(engine, width=width, n=width, max_tokens=6, alpha=alpha)
    rows = [row[len(PROMPT) :].tolist() for row in expected.sequences]
    rows = [row[: row.index(END) + 1] if END in row else row for row in rows]
    assert [list(answer.token_ids) for answer in found] == rows
    scores = [answer.logprob / len(answer.token_ids) ** alpha for answer in found]
    assert scores == pytest.approx(expected.sequences_scores.tolist(), rel=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_an_interrupted_search_has_the_beams_so_far(steps):
    left = threading.Event()
    engine = leaving(rambling(V), left, steps)
    found = search(engine, width=3, n=3, max_tokens=9, interrupt=Interrupt(None, left))
    assert (engine.prefills, engine.steps) == (1, steps)
    assert engine.rows == [PROMPT]
    whole = search(rambling(V), width=3, n=3, max_tokens=steps + 1)
    cut = [replace(one, finish_reason="cancelled") for one in whole]
    assert found == [c if c.token_ids[-1] != END else w for c, w in zip(cut, whole, strict=True)]
    assert "cancelled" in {one.finish_reason for one in found}


def test_a_search_whose_time_is_over_before_it_began_is_empty():
    engine = rambling(V)
    (found,) = search(engine, width=3, max_tokens=9, interrupt=Interrupt(time.monotonic()))
    assert (found.text, found.token_ids, found.finish_reason) == ("", (), "deadline")
    assert engine.prefills == 0
