import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.index import open_file
from codekiln.index.index import Index
from codekiln.index.open_file import OpenFile
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, smollm

TOKENIZER = tiny_tokenizer()
GAPS = ("a = 1\n\n\nb = 2  \n", "a = 1\r\n\r\nb\r\n", "def f():\n    a = 1\n\n    b = 2\n") * 20
CROSSING = foreign(smollm(GAPS), "<|im_end|>")  # has tokens of line breaks and indentation
TEXT = (
    "def add(first, second):\n    return first + second\n\n\nfor item in items:\n    print(item)\n"
)


def match(index, text):
    return index.match(TOKENIZER.encode(text))


def test_other_lines_are_found_and_the_cursors_own_is_not():
    index = OpenFile(TOKENIZER).index(TEXT + "    zebra_", "quagga\n    okapi = 1\n")
    assert match(index, "    return first +").length > 3
    assert match(index, "    okapi =").length > 3
    assert match(index, "zebra").length < 3
    assert match(index, "quagga").length < 3


def test_a_match_does_not_run_across_the_cursors_line():
    index = OpenFile(TOKENIZER).index("alpha_beta\n", "\ngamma_delta\n")
    whole = match(index, "alpha_beta\ngamma_de")
    assert whole.length == len(TOKENIZER.encode("gamma_de"))


def test_typing_on_a_line_keeps_the_index_and_another_line_renews_it():
    file = OpenFile(TOKENIZER)
    first = file.index(TEXT + "x", "\nend\n")
    assert file.index(TEXT + "x = y", "\nend\n") is first
    assert file.index(TEXT + "x = y\n", "\nend\n") is not first
    assert match(file.index(TEXT + "okapi = y\nz", "\nend\n"), "okapi =").length > 3


@given(
    st.lists(st.sampled_from(["a = 1", "    b", "", "  ", "\tc(d)", "é", "x" * 30]), max_size=60)
)
def test_pieces_hold_what_the_whole_text_does(lines):
    text = "\n".join([*lines, ""])
    found = OpenFile(TOKENIZER).index(text, "")
    whole = Index.of(TOKENIZER, [TOKENIZER.encode(text)]) if text else Index(TOKENIZER, [])
    for end in range(0, len(text), 3):
        context = TOKENIZER.encode(text[:end])
        one, other = found.match(context), whole.match(context)
        assert (one.length, one.count) == (other.length, other.count)
        assert np.array_equal(one.followers, other.followers)


@given(
    st.lists(st.sampled_from(["a = 1", "    b = 2", "", "  ", "b = 2  ", "b\r", "é"]), max_size=30),
    st.sampled_from([1, 2]),
)
def test_pieces_hold_it_too_where_tokens_cross_lines(lines, one_of):
    text = "\n".join([*lines, "end"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_file, "_ONE_OF", one_of)  # cut wherever that may be
        found = OpenFile(CROSSING).index("", "\n" + text)
    whole = Index.of(CROSSING, [CROSSING.encode(text)])
    assert [shard.document(0).tolist() for shard in found.shards] == [
        shard.document(0).tolist() for shard in whole.shards
    ]


def test_the_break_at_the_cursor_is_no_token_where_tokens_cross_lines():
    assert any(CROSSING.bytes_of(token).startswith(b"\n ") for token in CROSSING.text_ids)
    text = "a = 1\nb = 2\n"
    for typed in ("", "    ", "\n    "):
        found = OpenFile(CROSSING).index(text + typed, "")
        assert not found.match(CROSSING.encode("a = 1\nb = 2")).length
    inside = OpenFile(CROSSING).index(text + "c", "").match(CROSSING.encode("a = 1"))
    assert CROSSING.bytes_of(int(inside.followers[0])) == b"\n"


def test_an_empty_file_matches_nothing():
    assert match(OpenFile(TOKENIZER).index("", ""), "x").length == 0
    assert match(OpenFile(TOKENIZER).index("x = 1", "2"), "x").length == 0
