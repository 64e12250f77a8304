import itertools
import math

import numpy as np
import pytest

from codekiln.errors import UsageError
from codekiln.generate.beam import beam_search
from codekiln.generate.healing import Healing, Pieces
from codekiln.generate.strategies import log_softmax
from fakes import FakeEngine, rambling, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
END = TOKENIZER.end
A, B, C, NEWLINE = (TOKENIZER.encode(text)[0] for text in ("a", "b", "c", "\n"))
PROMPT = [0, 50, 51]


def few(ids, spread=2.0, seed=0):
    """An engine that knows only some ids: random logits that depend on the whole sequence."""

    def after(row, prompt):
        rng = np.random.default_rng([seed, *row])
        logits = np.full(V, -1e9, dtype=np.float32)
        logits[list(ids)] = rng.normal(scale=spread, size=len(ids))
        return logits

    return FakeEngine(after, V)


def search(engine, **options):
    return beam_search(engine, TOKENIZER, PROMPT, **options)


def exhaustive(engine, ids, depth, alpha, stop=()):
    """All answers of at most `depth` tokens with their scores, by brute force; texts once each."""
    best = {}
    for tokens in itertools.chain.from_iterable(
        itertools.product(ids, repeat=n) for n in range(1, depth + 1)
    ):
        texts = [b"".join(map(TOKENIZER.bytes_of, tokens[:n])).decode() for n in range(len(tokens) + 1)]
        over = [t in TOKENIZER.ends or any(s in x for s in stop) for t, x in zip(tokens, texts[1:])]
        if any(over[:-1]) or not (over[-1] or len(tokens) == depth):
            continue
        row, logprob = list(PROMPT), 0.0
        for token in tokens:
            logprob += log_softmax(engine._after(row, len(PROMPT)))[token]
            row.append(token)
        text = min((texts[-1].split(s)[0] for s in stop), key=len, default=texts[-1])
        score = logprob / len(tokens) ** alpha
        if text not in best or score > best[text][0]:
            best[text] = (score, logprob, tokens)
    return sorted(((*found, text) for text, found in best.items()), reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("stop", [(), ("\n",), ("ab", "c")])
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_wide_enough_is_exhaustive_search(alpha, stop, seed):
    ids = (END, A, B, C, NEWLINE)
    engine = few(ids, seed=seed)
    found = search(engine, width=len(ids) ** 4, n=10, max_tokens=4, alpha=alpha, stop=stop)
    expected = exhaustive(engine, ids, 4, alpha, stop)[:10]
    assert [h.token_ids for h in found] == [tokens for _, _, tokens, _ in expected]
    assert [h.text for h in found] == [text for *_, text in expected]
    assert [h.logprob for h in found] == pytest.approx([logprob for _, logprob, *_ in expected])


def test_a_beam_finds_what_greedy_decoding_misses():
    # The numbers of `Greedy`'s docstring.
    follow = {51: {A: 0.6, B: 0.4}, A: {C: 0.5, B: 0.5}, B: {C: 0.9, A: 0.1}, C: {END: 1.0}}

    def after(row, _):
        logits = np.full(V, -1e9, dtype=np.float32)
        for token, p in follow[row[-1]].items():
            logits[token] = math.log(p)
        return logits

    follow_all = FakeEngine(after, V)
    (greedy,) = search(follow_all, width=1, max_tokens=2, alpha=0.0)
    assert math.exp(greedy.logprob) == pytest.approx(0.30)
    (best,) = search(follow_all, width=2, max_tokens=2, alpha=0.0)
    assert best.text == "bc"
    assert math.exp(best.logprob) == pytest.approx(0.36)


@pytest.mark.parametrize("width", [1, 3, 8])
def test_early_ends_lose_nothing(width):
    """A search that never ends early, written anew, gives the same."""
    ids = (END, A, B, C)
    for seed, alpha in itertools.product(range(5), (0.0, 1.0)):
        engine = few(ids, seed=seed)
        beams, done = [((), 0.0)], []
        for length in range(1, 9):
            grown = sorted(
                (
                    ((*tokens, token), logprob + log_softmax(engine._after([*PROMPT, *tokens], 3))[token])
                    for tokens, logprob in beams
                    for token in ids
                ),
                key=lambda beam: -beam[1],
            )
            over = [beam for beam in grown[:width] if beam[0][-1] == END or length == 8]
            done += over
            beams = [beam for beam in grown if beam[0][-1] != END][:width]
        expected = max(done, key=lambda beam: beam[1] / len(beam[0]) ** alpha)
        (found,) = search(engine, width=width, max_tokens=8, alpha=alpha)
        assert found.token_ids == expected[0]
        assert found.logprob == pytest.approx(expected[1])


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
    engine = few((END, A, NEWLINE), seed=4)
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


def test_equal_to_transformers():
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    ...
