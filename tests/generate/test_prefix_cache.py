import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.generate import prefix_cache
from codekiln.generate.interrupt import Interrupted
from codekiln.generate.prefix_cache import SLOTS, PrefixCache, Slot
from codekiln.generate.torch_engine import TorchEngine
from fakes import FakeEngine
from generate.reference import MODEL, assert_same, expected

V = 7


def counting() -> FakeEngine:
    """Logits that tell the whole cache: what was read, and how much."""

    def after(row, _):
        return np.array([sum(row), len(row), *row[-1:], *[0] * (V - 3)], dtype=np.float32)

    return FakeEngine(after, V, context=5000)


def primed(slot: Slot, prompt: list[int], draft: list[int] = ()) -> np.ndarray:
    slot.prime(prompt)
    return slot.read(draft)


@given(
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=12), min_size=1, max_size=6),
    st.data(),
)
def test_a_kept_prefix_gives_the_logits_of_a_prompt_read_anew(prompts, data):
    slot = Slot(counting())
    for prompt in prompts:
        draft = data.draw(st.lists(st.integers(1, 3), max_size=3))
        rows = primed(slot, prompt, draft)
        assert slot.ids == slot.engine.rows[0] == prompt + draft
        for place, row in enumerate(rows):
            so_far = prompt + draft[:place]
            assert row[:3].tolist() == [sum(so_far), len(so_far), so_far[-1]]


def test_only_what_is_new_is_read():
    engine = counting()
    slot = Slot(engine)
    primed(slot, [1, 2, 3, 4])
    slot.prime([1, 2, 3, 5, 6])
    assert slot.pending == [5, 6]
    slot.prime([1, 2, 3])
    assert slot.pending == [3]  # its logits are needed anew
    assert engine.prefills == 1


def test_a_long_prompt_is_read_in_pieces_and_given_up_between_them():
    slot, asked = Slot(counting()), []
    prompt = [1, 2, 3] * 400
    slot.prime(prompt)

    def twice() -> bool:
        asked.append(len(slot.engine.rows[0]) if slot.engine.rows else 0)
        return len(asked) < 2

    with pytest.raises(Interrupted):
        slot.read((), twice)
    assert 0 < asked[0] < asked[1] == len(slot.ids) < len(prompt)
    assert slot.ids + slot.pending == prompt
    assert primed(slot, prompt)[0, 0] == sum(prompt)  # and goes on from there
    assert slot.engine.prefills == 1


def test_after_an_engine_that_failed_everything_is_read_anew():
    engine = counting()
    slot = Slot(engine)
    primed(slot, [1, 2, 3])
    read, engine.read = engine.read, None
    slot.prime([1, 2, 3, 4])
    with pytest.raises(TypeError):
        slot.read()
    engine.rows = [[9, 9]]  # whatever it left
    engine.read = read
    assert primed(slot, [1, 2, 3, 4])[0, :2].tolist() == [10, 4]


def test_each_text_keeps_a_slot_until_there_are_too_many():
    texts = [[number] * 30 for number in range(1, 5)]
    cache = PrefixCache(counting(), slots=3)
    for text in (*texts[:3], *texts[:2]):
        cache.slot_for(text).read()
    slots = []
    for text in texts[:3]:
        slots.append(cache.slot_for(text))
        assert len(slots[-1].pending) == 1
        slots[-1].read()
    assert len(set(map(id, slots))) == 3
    assert cache.slot_for([*texts[0], 5]) is slots[0]
    assert slots[0].pending == [5]
    assert cache.slot_for(texts[3]) is slots[1]  # the one that was idle longest


def test_what_is_hardly_a_text_keeps_no_slot():
    cache = PrefixCache(counting())
    first = cache.slot_for([1, 2])
    first.read()
    long = cache.slot_for([3] * 100)
    assert long is first
    long.read()
    assert cache.slot_for([4] * 100) is not long


def test_long_texts_keep_few_slots(monkeypatch):
    monkeypatch.setattr(prefix_cache, "TOKENS", 90)
    cache = PrefixCache(counting())
    for number in [*range(5)] * 3:
        cache.slot_for([number] * 30).read()
    assert len(cache._slots) == 3


def test_texts_that_grow_let_others_go(monkeypatch):
    monkeypatch.setattr(prefix_cache, "TOKENS", 16 * 20)
    cache = PrefixCache(counting())
    for number in range(16):
        cache.slot_for([number] * 20).read()
    for number in range(16):
        cache.slot_for([number] * 60).read()
        held = sum(len(slot.ids) for slot in cache._slots)
        assert held <= 16 * 20 or len(cache._slots) <= prefix_cache.FEW
    assert cache.slot_for([15] * 61).pending == [15]  # the last is there still


def test_who_types_no_longer_keeps_no_slot():
    now = 0.0
    cache = PrefixCache(counting(), clock=lambda: now)
    for number in [*range(8)] * 2:
        now += 1
        cache.slot_for([number] * 30).read()
    assert len(cache._slots) == 8
    now += prefix_cache.IDLE - 0.5  # the last and the one before it were in use
    cache.slot_for([7] * 31)
    assert len(cache._slots) == prefix_cache.FEW
    assert len(cache.slot_for([6] * 31).pending) == 1


def test_one_who_goes_from_text_to_text_keeps_few_slots():
    now = 0.0
    cache = PrefixCache(counting(), clock=lambda: now)
    for number in range(9):
        now += 1
        cache.slot_for([number] * 30).read()
        now += 1
        cache.slot_for([number] * 31).read()
    assert len(cache._slots) == prefix_cache.FEW
    assert [len(cache.slot_for([number] * 32).pending) for number in (7, 8)] == [1, 1]


def test_who_comes_back_too_late_finds_no_slot():
    now = 0.0
    cache = PrefixCache(counting(), clock=lambda: now)
    for number in [*range(8)] * 2:
        cache.slot_for([number] * 30).read()
        now += prefix_cache.IDLE / 7
    assert len(cache._slots) == prefix_cache.FEW


def test_a_prompt_that_was_given_up_is_missed_as_well():
    cache, texts = PrefixCache(counting()), [[number] * 900 for number in range(3)]
    for text in (*texts, texts[0]):
        with pytest.raises(Interrupted):
            cache.slot_for(text).read((), lambda: False)
    assert len(cache._slots) == 3


def test_short_texts_keep_many_slots():
    cache = PrefixCache(counting())
    for number in [*range(24, 40)] * 3:
        cache.slot_for([number] * 30).read()
    held = [cache.slot_for([number] * 30) for number in range(24, 40)]
    assert len(set(map(id, held))) == SLOTS
    assert all(len(slot.pending) == 1 for slot in held)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 49), min_size=1, max_size=40), st.integers(0, 40))
def test_it_agrees_with_an_engine_that_keeps_nothing(prompt, kept):
    slot = Slot(TorchEngine(MODEL))
    primed(slot, [*prompt[:kept], 7, 8])
    assert_same(primed(slot, prompt), expected([prompt])[:, -1])
