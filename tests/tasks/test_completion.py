import argparse
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codekiln
from codekiln.errors import UsageError
from codekiln.inputs.formats import Header, header_ids
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import (
    FILE,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    LANGUAGE,
    REPOSITORY,
)
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, qwen2, smollm

TOKENIZER = tiny_tokenizer()
HEADER = Header("me/project", "src/deep/module.py", "python")
PREFIX_ID, SUFFIX_ID, MIDDLE_ID = (
    TOKENIZER.special(t) for t in (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE)
)


def prompt(prefix, suffix="", header=Header(), budget=1000):  # noqa: B008
    return completion_prompt(TOKENIZER, prefix, suffix, header, budget)


def sides(ids):
    first, second, third = map(ids.index, (PREFIX_ID, SUFFIX_ID, MIDDLE_ID))
    assert second == first + 1
    return ids[:first], ids[third + 1 :], ids[second + 1 : third]


def test_without_a_suffix_the_layout_is_plain():
    text = "for item in items:\n    pri"
    for suffix in ("", "\n", " \t\r\n  "):
        assert prompt(text, suffix, HEADER) == header_ids(TOKENIZER, HEADER) + TOKENIZER.encode(
            text
        )


def test_with_a_suffix_the_layout_is_suffix_prefix_middle():
    opening, before, after = sides(prompt("def add", "return first\n", HEADER))
    assert opening == header_ids(TOKENIZER, HEADER)
    assert before == TOKENIZER.encode("def add")
    assert after == TOKENIZER.encode("return first\n")
    assert sides(prompt("", "x\n"))[1:] == ([], TOKENIZER.encode("x\n"))


def test_the_prefix_keeps_its_end_and_the_suffix_its_beginning():
    prefix, suffix = "a = 1\nb = 2\n" * 200, "print(c)\nprint(d)\n" * 200
    opening, before, after = sides(prompt(prefix, suffix, budget=104))
    assert opening == [TOKENIZER.end]
    assert after == TOKENIZER.encode(suffix)[:25]
    assert 75 * 5 // 8 <= len(before) <= 75
    assert before == TOKENIZER.encode(prefix)[-len(before) :]


def test_a_prefix_that_is_cut_begins_with_a_line_where_one_is_near():
    for count in range(200, 230):
        before = prompt("a = 1\nb = 2\n" * 200 + "c" * (count - 200), budget=101)[1:]
        assert TOKENIZER.decode(before).startswith(("a = 1\n", "b = 2\n"))
    assert prompt("x" * 1000, budget=101)[1:] == TOKENIZER.encode("x" * 100)


def test_what_one_side_does_not_need_the_other_gets():
    long = "a = 1\nb = 2\n" * 200
    short = TOKENIZER.encode("x = 3\n")
    _, before, after = sides(prompt("x = 3\n", long, budget=104))
    assert before == short
    assert 100 - len(short) - 12 <= len(after) <= 100 - len(short)
    _, before, after = sides(prompt(long, "x = 3\n", budget=104))
    assert after == short
    assert (100 - len(short)) * 5 // 8 <= len(before) <= 100 - len(short)


def test_the_header_loses_path_then_repository_then_language():
    def controls(budget):
        ids = prompt("x" * 1000, "", HEADER, budget)
        return [t for t in (REPOSITORY, FILE, LANGUAGE) if TOKENIZER.special(t) in ids]

    sizes = [
        len(header_ids(TOKENIZER, header))
        for header in (HEADER, Header("me/project", "", "python"), Header("", "", "python"))
    ]
    assert controls(2 * sizes[0]) == [REPOSITORY, FILE, LANGUAGE]
    assert controls(2 * sizes[0] - 1) == [REPOSITORY, LANGUAGE]
    assert controls(2 * sizes[1]) == [REPOSITORY, LANGUAGE]
    assert controls(2 * sizes[1] - 1) == [LANGUAGE]
    assert controls(2 * sizes[2]) == [LANGUAGE]
    assert controls(2 * sizes[2] - 1) == []


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=10), st.integers(1, 120))
def test_the_budget_is_never_exceeded(prefix, suffix, path, budget):
    ids = prompt(prefix, suffix, Header("r", path, "python"), budget)
    assert 1 <= len(ids) <= budget
    assert ids[0] == TOKENIZER.end
    needed = 200 + sum(map(len, (prefix.encode(), suffix.encode(), path.encode())))
    whole = prompt(prefix, suffix, Header("r", path, "python"), needed)
    text = TOKENIZER.decode(whole)
    assert text.endswith((suffix if suffix.strip() else "") + prefix)


def test_text_that_spells_a_special_token_stays_text():
    ids = prompt("x = '<fim_middle>'", "y = '<fim_suffix>'\n")
    assert ids.count(MIDDLE_ID) == ids.count(SUFFIX_ID) == 1


def test_a_suffix_without_room_for_a_token_is_left_out():
    assert prompt("xyz", "abc", budget=4) == [TOKENIZER.end, *TOKENIZER.encode("xyz")]
    assert sides(prompt("xyz", "abc", budget=5))[1] == TOKENIZER.encode("z")


def test_the_smallest_budget_is_one():
    assert prompt("x", "y", HEADER, 1) == [TOKENIZER.end]
    with pytest.raises(UsageError, match="0 tokens"):
        prompt("x", "y", HEADER, 0)


def test_of_a_megabyte_only_the_ends_are_read(monkeypatch):
    read = []
    encode = Tokenizer.encode
    monkeypatch.setattr(
        Tokenizer, "encode", lambda self, text: read.append(len(text)) or encode(self, text)
    )
    huge = "value = compute(value)\n" * 50_000
    assert len(prompt(huge, huge, HEADER, 100)) == 100
    assert sum(read) < 10_000


def test_a_model_that_knows_no_middle_is_told_no_suffix():
    tokenizer = foreign(smollm(), "<|im_end|>")
    plain = [tokenizer.opening, *tokenizer.encode("def add")]
    assert completion_prompt(tokenizer, "def add", "return first\n", HEADER, 100) == plain


def test_another_model_that_knows_the_middle_is_asked_as_it_has_learned():
    tokenizer = foreign(qwen2(), "<|endoftext|>")
    first, second, third = (tokenizer.special(t) for t in (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE))
    before, after = tokenizer.encode("def add"), tokenizer.encode("return first\n")
    found = completion_prompt(tokenizer, "def add", "return first\n", HEADER, 100)
    assert found == [tokenizer.opening, first, *before, second, *after, third]
    short = completion_prompt(tokenizer, "def add " * 50, "return first\n" * 50, HEADER, 40)
    assert 20 < len(short) <= 40


LIBRARY = Path(argparse.__file__).read_text(encoding="utf-8")  # more than 2,000 lines
STARTER = Tokenizer.load(Path(codekiln.__file__).parent / "starter")
TOKENIZERS = {
    "spm": STARTER,
    "psm": foreign(qwen2(), "<|endoftext|>"),
    "none": foreign(smollm(), "<|im_end|>"),
}


def shared(last, ids):
    pairs = enumerate(zip(last, ids, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(last), len(ids)))


@pytest.mark.parametrize("order", TOKENIZERS)
@pytest.mark.parametrize("suffix", [LIBRARY[60_000:], ""], ids=["suffix", "end of file"])
def test_while_typing_the_prompt_keeps_its_beginning(order, suffix):
    tokenizer, kept, keys = TOKENIZERS[order], 0, 0
    for start in (600, 2_500, 20_000, 59_000):
        last = completion_prompt(tokenizer, LIBRARY[:start], suffix, HEADER, 700)
        for end in range(start + 1, start + 300):
            ids = completion_prompt(tokenizer, LIBRARY[:end], suffix, HEADER, 700)
            whole = len(ids)
            if order == "psm" and suffix:  # what stands behind the cursor is always read anew
                whole = ids.index(tokenizer.special(FIM_SUFFIX))
            kept += shared(last, ids) >= 0.9 * whole
            keys += 1
            last = ids
    assert kept >= 0.95 * keys


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_what_is_encoded_in_pieces_is_what_is_encoded_at_once(order):
    tokenizer = TOKENIZERS[order]
    windows = LIBRARY[:30_000].replace("\n", "\r\n")
    for text in (LIBRARY[:30_000], windows, "x = 1\n\n\n\n  \n    y\n" * 300, "\n" * 3000):
        ids = completion_prompt(tokenizer, text, "", Header(), 100_000)
        assert ids[1:] == tokenizer.encode(text)


def test_where_tokens_may_cross_lines_few_are_cut_in_two():
    ids = completion_prompt(TOKENIZERS["none"], LIBRARY[:30_000], "", Header(), 100_000)
    assert TOKENIZERS["none"].decode(ids) == LIBRARY[:30_000]
    assert len(ids) < 1.01 * len(TOKENIZERS["none"].encode(LIBRARY[:30_000]))


def test_a_prefix_fills_most_of_its_room():
    for text in (LIBRARY, "\u4e16\u754c" * 5000, (" " * 20 + "x\n") * 2000, "{}[]();,\n" * 5000):
        for end in range(len(text) - 1000, len(text), 97):
            for room in (40, 200, 700):
                ids = completion_prompt(STARTER, text[:end], "", Header(), room + 1)
                assert room * 5 // 8 <= len(ids) - 1 <= room
                assert text[:end].endswith(STARTER.decode(ids).lstrip("\ufffd"))


def test_context_stands_in_front_of_the_prefix_and_takes_its_room_from_it():
    context = "# other.py\n# def f(): ...\n"
    ids = completion_prompt(TOKENIZER, "f(", "x\n", HEADER, 1000, context)
    assert sides(ids)[1] == TOKENIZER.encode(context) + TOKENIZER.encode("f(")
    plain = completion_prompt(TOKENIZER, "f(", "", HEADER, 1000, context)
    assert plain == [*header_ids(TOKENIZER, HEADER), *TOKENIZER.encode(context + "f(")]
    front, long = TOKENIZER.encode(context), "a = 1\n" * 500
    _, before, after = sides(completion_prompt(TOKENIZER, long, long, Header(), 204, context))
    assert len(after) == 50
    assert before[: len(front)] == front
    assert 100 - len(front) < len(before) <= 150
    assert before[len(front) :] == TOKENIZER.encode(long)[len(front) - len(before) :]


def test_context_that_is_longer_than_half_of_the_room_is_left_out():
    context = "# abc\n"
    size = len(TOKENIZER.encode(context))
    for room, front in ((2 * size, context), (2 * size - 1, "")):
        ids = completion_prompt(TOKENIZER, "x", "", Header(), room + 1, context)
        assert TOKENIZER.decode(ids) == front + "x"
