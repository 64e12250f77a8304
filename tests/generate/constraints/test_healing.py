import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.generate import Sampling, strategy_of
from codekiln.generate.constraints.healing import Healer, Healing, Pieces
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.best_of import best_of
from codekiln.inputs.formats import Header
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer
from fakes import saying, tiny_tokenizer
from foreign_tokenizers import foreign, qwen2, smollm

TINY = tiny_tokenizer()
PIECES = Pieces(TINY)
GREEDY = strategy_of(Sampling())


def agrees(tokenizer: Tokenizer, token: int, text: bytes) -> bool:
    piece = tokenizer.bytes_of(token)
    return bool(piece) and (piece.startswith(text) or text.startswith(piece))


@pytest.mark.parametrize("text", [b"r", b"re", b" ret", b"    ", b" first", b"\xc3", b"\n", b"x y"])
@pytest.mark.parametrize("tokenizer", [TINY, foreign(smollm(), "<|im_end|>")])
def test_compatible_ids_are_those_that_agree_as_far_as_both_go(tokenizer, text):
    mask = Pieces(tokenizer).compatible(text)
    expected = [agrees(tokenizer, token, text) for token in range(tokenizer.vocabulary_size)]
    assert mask.tolist() == expected
    assert mask.any()


def test_behind_the_text_everything_is_allowed():
    assert PIECES.compatible(b"").all()


@given(st.text(min_size=1, max_size=12) | st.text(" \t\n", min_size=1), st.integers(0, 2**32))
def test_any_way_through_the_masks_writes_the_text(text, seed):
    healing, written = Healing(PIECES, text.encode()), b""
    rng = np.random.default_rng(seed)
    while len(written) < healing.overlap:
        token = int(rng.choice(np.flatnonzero(healing.allowed())))
        healing.advance(token)
        written += TINY.bytes_of(token)
    assert written.startswith(text.encode())
    deeper = healing.allowed()
    if (
        text.isascii()
        and text.isspace()
        and text.endswith((" ", "\t"))
        and written == text.encode()
    ):
        blanks = [TINY.bytes_of(token).startswith((b" ", b"\t")) for token in range(len(deeper))]
        assert deeper.tolist() == [not blank for blank in blanks]
    else:
        assert deeper.all()


def test_a_copy_goes_its_own_way():
    healing, copies = Healing(PIECES, b"    return first"), []
    tokens = TINY.encode("    return first")
    for token in tokens:
        copies.append((healing.copy(), healing.allowed()))
        healing.advance(token)
    assert healing.allowed().all()
    assert len(copies) > 5
    for (copy, mask), token in zip(copies, tokens, strict=True):
        assert copy.overlap == healing.overlap
        assert (copy.allowed() == mask).all()
        assert mask[token]
        assert not mask.all()


def prompt_of(tokenizer, prefix, suffix=""):
    return completion_prompt(tokenizer, prefix, suffix, Header(path="a.py"), 500)


def healed(tokenizer, prefix, suffix=""):
    """The bytes that are to be written anew, and the prompt that is left."""
    prompt = prompt_of(tokenizer, prefix, suffix)
    kept, healing = Healer(tokenizer).heal(prompt)
    data = prefix.encode()
    return data[len(data) - (healing.overlap if healing else 0) :], kept


OURS, QWEN, SMOLLM = TINY, foreign(qwen2(), "<|im_end|>"), foreign(smollm(), "<|im_end|>")


@pytest.mark.parametrize("tokenizer", [OURS, QWEN, SMOLLM])
@pytest.mark.parametrize("suffix", ["", "\nlast\n"])
@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("x = (first.", "."),
        ("first_qz", "_qz"),
        ("x 12", "2"),
        ("x = Grü", " Grü"),
        ("x = first.qz", ".qz"),
        ("if x:\n    qz", " qz"),
    ],
)
def test_the_last_word_or_sign_leaves_the_prefix(tokenizer, suffix, prefix, end):
    again, kept = healed(tokenizer, prefix, suffix)
    assert again == end.encode()
    rest = prefix.removesuffix(end)
    assert kept == prompt_of(tokenizer, rest, suffix)


@pytest.mark.parametrize("prefix", ["x\n", "x\r\n\r\n"])
@pytest.mark.parametrize("suffix", ["", "\nlast\n"])
@pytest.mark.parametrize("tokenizer", [OURS, QWEN])
def test_line_breaks_stay_where_tokens_end_at_them(tokenizer, suffix, prefix):
    assert healed(tokenizer, prefix, suffix) == (b"", prompt_of(tokenizer, prefix, suffix))


@pytest.mark.parametrize(
    ("tokenizer", "end"),
    [(OURS, "    "), (SMOLLM, "\n    ")],  # ours has `:\n`; there white space is one piece
)
def test_an_indentation_is_written_anew_as_a_whole(tokenizer, end):
    prefix = "def add(first, second):\n    "
    again, _ = healed(tokenizer, prefix)
    assert again == end.encode()


def test_a_sentence_without_blanks_is_not_written_anew_as_a_whole():
    again, kept = healed(TINY, "x = 1 # " + "日本語" * 20)
    assert 0 < len(again) <= 8
    assert kept[-1] in TINY.text_ids


@pytest.mark.parametrize("prompt", [[TINY.end], [TINY.end, TINY.special("<fim_prefix>")], [50]])
def test_where_there_is_no_text_before_the_cursor_nothing_happens(prompt):
    assert Healer(TINY).heal(prompt) == (prompt, None)


def test_an_empty_prefix_before_a_suffix_stays_empty():
    prompt = prompt_of(TINY, "", "\nlast\n")
    assert Healer(TINY).heal(prompt) == (prompt, None)


def said(wanted, prompt, healing):
    """What an engine says that wants to say some ids."""
    slot = Slot(saying(wanted, TINY.vocabulary_size))
    (found,) = best_of(slot, TINY, prompt, strategy=GREEDY, n=1, max_tokens=50, constraint=healing)
    return found


def test_the_answer_goes_on_behind_what_the_user_wrote():
    """The model says ` return first` in its own tokens, where the prefix ends inside the word."""
    prompt, healing = Healer(TINY).heal(prompt_of(TINY, "def f(first):\n    retu"))
    answer = TINY.encode(" return first")
    assert any(TINY.bytes_of(token) not in b" retu" for token in answer)
    found = said(answer, prompt, healing)
    assert found.text == "rn first"
    assert found.finish_reason == "end"


def test_a_model_that_wants_to_end_has_to_write_the_users_text_first():
    prompt, healing = Healer(TINY).heal(prompt_of(TINY, "item"))
    found = said([], prompt, healing)
    data = b"".join(map(TINY.bytes_of, found.token_ids))
    assert data.startswith(b"item")
    assert found.text == data[4:].decode(errors="replace")


@pytest.mark.parametrize("tokenizer", [OURS, QWEN, SMOLLM])
def test_behind_white_space_comes_no_more_of_it(tokenizer):
    pieces = Pieces(tokenizer)
    ids = [n for n in tokenizer.text_ids if pieces.bytes_of(n)]

    def allowed(healing):
        return {pieces.bytes_of(n) for n in np.array(ids)[healing.allowed()[ids]].tolist()}

    healing = Healing(pieces, b"\n    ")
    begun = allowed(healing)
    assert {b"\n", b"\n   "} & begun  # the last blank may be that of a word
    assert not any(piece.startswith((b"\n     ", b"\n    \t")) for piece in begun)
    healing.advance(tokenizer.encode("\n")[0])
    for token in tokenizer.encode("    "):
        healing.advance(token)
    assert healing.allowed()[tokenizer.encode("return")[0]]
    assert not any(piece.startswith((b" ", b"\t")) for piece in allowed(healing))
    healing.advance(tokenizer.encode("return")[0])
    assert b" " in allowed(healing)
    line = Healing(pieces, b"\n")  # which says nothing of how deep the next one is
    line.advance(tokenizer.encode("\n")[0])
    assert b" " in allowed(line)


def test_a_line_break_is_written_anew_where_tokens_go_beyond_it():
    crossing = foreign(smollm(), "<|im_end|>")
    assert crossing.crosses_lines
    ids = crossing.encode("def add(first, second):\n")
    prompt, healing = Healer(crossing).heal([crossing.opening, *ids])
    assert healing is not None
    assert healing.overlap == 1
    assert crossing.decode(prompt) == "def add(first, second):"
    beyond = [n for n in crossing.text_ids if crossing.bytes_of(n).startswith(b"\n ")]
    assert healing.allowed()[beyond].all()
    for ending in (TINY, foreign(qwen2(), "<|im_end|>")):
        assert not ending.crosses_lines
        ids = [ending.opening, *ending.encode("def add(first, second):\n")]
        assert Healer(ending).heal(ids) == (ids, None)
