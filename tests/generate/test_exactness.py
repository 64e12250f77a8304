"""On the starter as users have it, in eight bits: an answer does not depend on how it was computed."""

from pathlib import Path

import numpy as np
import pytest

from codekiln.generate import Guides, Sampling, decode, strategy_of
from codekiln.generate.loading import STARTER, load_engine, model_folder
from codekiln.generate.prefix_cache import PrefixCache, Slot
from codekiln.generate.speculation import Draft, FromMatches, Speculation
from codekiln.index import Index
from codekiln.tokenizer import Tokenizer

TEXT = Path(__file__).read_text(encoding="utf-8")
STARTER_FOLDER = model_folder(Path(STARTER))


@pytest.fixture(scope="module")
def engine():
    return load_engine(Path(STARTER), kind="openvino", weights="int8")


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load(STARTER_FOLDER)


class Eager(Speculation):
    """Reads every draft whole."""

    def _length(self, draft, pending):
        return len(draft.ids)


class Hostile:
    """Drafts that are mostly wrong, of every length."""

    def propose(self, context):
        length = len(context) % 8
        return Draft(
            tuple((7 * len(context) + n) % 9000 + 100 for n in range(length)), ("hostile", 0)
        )


def answer(engine, tokenizer, prompt, *sources, seed=0, temperature=0.0, slot=None):
    slot = slot or Slot(engine.twin())
    slot.prime(prompt)
    guides = Guides(sources=sources, speculation=Eager())
    strategy = strategy_of(Sampling(temperature=temperature))
    steps = decode(
        slot, tokenizer, prompt, strategy=strategy, max_tokens=48, seed=seed, guides=guides
    )
    return [step.token for step in steps]


def prompts(tokenizer):
    ids = tokenizer.encode(TEXT)
    return [[tokenizer.opening, *ids[: 37 * n + 5]] for n in range(1, 14)]


def test_a_step_of_many_is_many_steps_of_one_to_the_bit(engine, tokenizer):
    ids = np.array([tokenizer.encode(TEXT)[:90]])
    one, many, parts = engine.twin(), engine.twin(), engine.twin()
    one.prefill(ids[:, :60])
    many.prefill(ids[:, :60])
    parts.prefill(ids[:, :7])
    parts.read(ids[:, 7:8])
    parts.read(ids[:, 8:60])
    whole = many.step(ids[:, 60:])[0]
    for place, row in enumerate(whole):
        token = ids[:, 60 + place : 61 + place]
        assert np.array_equal(one.step(token)[0, 0], row)
        assert np.array_equal(parts.read(token)[0], row)


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_drafts_right_or_wrong_change_no_answer(engine, tokenizer, temperature):
    index = Index.of(tokenizer, [tokenizer.encode(TEXT)])
    for seed, prompt in enumerate(prompts(tokenizer)):
        settings = {"seed": seed, "temperature": temperature}
        plain = answer(engine, tokenizer, prompt, **settings)
        assert answer(engine, tokenizer, prompt, FromMatches("index", index), **settings) == plain
        assert answer(engine, tokenizer, prompt, Hostile(), **settings) == plain


def test_a_kept_prefix_changes_no_answer(engine, tokenizer):
    cache = PrefixCache(engine.twin())
    for prompt in prompts(tokenizer):
        kept = answer(engine, tokenizer, prompt, Hostile(), slot=cache.slot_for(prompt))
        assert kept == answer(engine, tokenizer, prompt)


def test_the_last_place_of_the_context_can_be_filled(engine, tokenizer):
    ids = np.array([(tokenizer.encode(TEXT) * 9)[: engine.context]])
    full, again = engine.twin(), engine.twin()
    full.prefill(ids[:, :-1])
    again.prefill(ids[:, :-3])
    assert np.array_equal(full.step(ids[:, -1:])[0, -1], again.step(ids[:, -3:])[0, -1])
    assert full.length == engine.context
