"""What is hidden: shares over many draws, never control, the same for a row wherever it is drawn."""

import numpy as np
import pytest

from codekiln.inputs.masking import Masking
from codekiln.tokenizer import SPECIAL_TOKENS
from codekiln.tokenizer.special import MASK
from fakes import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
CONTROL = len(SPECIAL_TOKENS)
MASK_ID = TOKENIZER.special(MASK)
ROWS, T = 2000, 96


def random_rows(rows=ROWS, seed=0):
    return np.random.default_rng(seed).integers(0, TOKENIZER.vocabulary_size, (rows, T))


def rows_of(text):
    """A text as rows of tokens, as often as it takes to fill them."""
    ids = TOKENIZER.encode(text)
    return np.resize(np.array(ids), (ROWS, len(ids)))


def near(share, expected, trials):
    """Within four standard deviations of a binomial."""
    return abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / trials)


def test_shares_over_many_draws():
    ids = random_rows()
    shown, chosen = Masking(TOKENIZER, seed=1).hide(ids, 0)
    text = ids >= CONTROL
    guesses = chosen.sum()
    assert near(guesses / text.sum(), 0.15, text.sum())
    assert near((shown[chosen] == MASK_ID).mean(), 0.8, guesses)
    other = chosen & (shown != MASK_ID)
    by_chance = 1 / (TOKENIZER.vocabulary_size - CONTROL)  # it is replaced by itself
    same = (0.1 + 0.1 * by_chance) / 0.2
    assert near((shown[other] == ids[other]).mean(), same, other.sum())
    assert np.array_equal(shown[~chosen], ids[~chosen])


def test_control_is_never_hidden_nor_shown_in_the_place_of_text():
    ids = random_rows()
    shown, chosen = Masking(TOKENIZER, seed=1).hide(ids, 0)
    control = ids < CONTROL
    assert control.any()
    assert not chosen[control].any()
    replaced = chosen & (shown != MASK_ID)
    assert shown[replaced].min() >= CONTROL


def test_what_replaces_a_token_is_drawn_evenly():
    ids = np.full((ROWS, T), 40)
    shown, chosen = Masking(TOKENIZER, seed=2).hide(ids, 0)
    replaced = shown[chosen & (shown != MASK_ID) & (shown != ids)]
    counts = np.bincount(replaced, minlength=TOKENIZER.vocabulary_size)
    expected = len(replaced) / (TOKENIZER.vocabulary_size - CONTROL - 1)
    others = np.delete(counts[CONTROL:], 40 - CONTROL)
    chi_squared = ((others - expected) ** 2 / expected).sum()
    assert chi_squared < len(others) + 5 * np.sqrt(2 * len(others))


def test_places_and_rows_are_independent():
    """Neighbours in a row and in a column are both hidden as often as chance would have it."""
    _, chosen = Masking(TOKENIZER, seed=3).hide(np.full((ROWS, T), 40), 0)
    for first, second in ((chosen[:, 1:], chosen[:, :-1]), (chosen[1:], chosen[:-1])):
        assert near((first & second).mean(), 0.15**2, first.size)


@pytest.mark.parametrize("whole_tokens", [False, True])
def test_a_row_is_drawn_by_its_number(whole_tokens):
    masking, ids = Masking(TOKENIZER, 4, whole_tokens=whole_tokens), random_rows(20)
    shown, chosen = masking.hide(ids, 1000)
    for start, stop in ((0, 1), (3, 9), (19, 20)):
        part = masking.hide(ids[start:stop], 1000 + start)
        assert np.array_equal(part[0], shown[start:stop])
        assert np.array_equal(part[1], chosen[start:stop])
    assert not np.array_equal(masking.hide(ids, 1001)[1], chosen)
    other = Masking(TOKENIZER, 5, whole_tokens=whole_tokens)
    assert not np.array_equal(other.hide(ids, 1000)[1], chosen)


def test_fragments_of_a_word_are_chosen_together():
    text = "xylophone_27 = qwerty.zap(0x1F) // Größe"
    words = [
        "xylophone_27",
        " =",
        " ",
        "qwerty",
        ".",
        "zap",
        "(",
        "0x1F",
        ")",
        " ",
        "//",
        " ",
        "Größe",
    ]
    ids = TOKENIZER.encode(text)
    assert len(ids) > 25  # this tokenizer knows none of the words
    ends = np.cumsum([len(TOKENIZER.bytes_of(token)) for token in ids])
    borders = np.cumsum([len(word.encode()) for word in words])
    rows = rows_of(text)
    _, chosen = Masking(TOKENIZER, 6, whole_tokens=True).hide(rows, 0)
    _, fragments = Masking(TOKENIZER, 6).hide(rows, 0)
    word_of = np.searchsorted(borders, ends)
    for word in ("xylophone_27", "qwerty", "0x1F", "Größe"):
        own = word_of == words.index(word)
        assert own.sum() > 1
        assert np.array_equal(chosen[:, own].any(axis=1), chosen[:, own].all(axis=1)), word
        assert not np.array_equal(fragments[:, own].any(axis=1), fragments[:, own].all(axis=1))
    dot = chosen[:, word_of == words.index(".")][:, 0]
    for neighbour in ("qwerty", "zap"):
        own = chosen[:, word_of == words.index(neighbour)][:, 0]
        assert near((dot & own).mean(), 0.15**2, ROWS)
    assert near(chosen.mean(), 0.15, len(words) * ROWS / 4)
    together = chosen[:, word_of == 0].all(axis=1) & chosen[:, word_of == 3].all(axis=1)
    assert near(together.mean(), 0.15**2, ROWS)
