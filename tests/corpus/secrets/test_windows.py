"""The parts of a text that are looked at closely, and where in the whole they are."""

import re
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.secrets.excerpt import excerpt
from codekiln.corpus.secrets.windows import BEFORE, LONG, windows
from corpus.secrets.makers import ALNUM, BASE32, BASE64, HEX, URLSAFE, seeded, token

SEAM = "\n\0\n"
TEXTS = st.lists(
    st.sampled_from(
        [
            "a",
            "_",
            "/",
            "-",
            "~",
            "0",
            " ",
            "\n",
            "é",
            "\U0001f511",
            "key",
            "src/",
            "x9Y8z7W6",
            " = ",
        ]
    )
).map("".join)


@given(TEXTS)
def test_words_with_digits_are_looked_at_and_paths_are_not(text: str) -> None:
    words = re.finditer(rf"[A-Za-z0-9_+/%~-]{{{LONG},}}", text)
    spans = [
        (max(0, word.start() - BEFORE), word.end()) for word in words if re.search("[0-9]", word[0])
    ]
    assert windows(text) == excerpt(text, spans)


@pytest.mark.parametrize(
    "word",
    [
        "abcdefgh12345678",
        "ABCDEFGHIJKLMNOPQRS",
        "qKzTbWmRxVnLpJdHs",
        "qKz8Q~bWmRxVn~LpJ",
        "aaaaaaaaaaaaaaaaB1",
        "0000000000000000",
    ],
)
def test_words_that_are_looked_at(word: str) -> None:
    assert windows(f"x = '{word}'\n").text == f"x = '{word}"


@pytest.mark.parametrize(
    "word",
    [
        "abcdefgh1234567",
        "abcdefgh_ijklmnop_qrs",
        "ABCDEFGH_IJKLMNOP_QRS",
        "AbstractTokenStreamFactory",
        "src/codekiln/corpus/secrets",
        "----------------------",
        "~~~~~~~~~~~~~~~~~~~~~~",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "",
    ],
)
def test_words_that_are_not(word: str) -> None:
    assert windows(f"x = '{word}'\n").text == ""


@pytest.mark.parametrize("alphabet", [ascii_letters, ALNUM, URLSAFE, BASE64, BASE32, HEX])
@pytest.mark.parametrize("length", [20, 40])
def test_words_that_are_drawn_are_looked_at(alphabet: str, length: int) -> None:
    random = seeded("windows", alphabet, length)
    words = [token((alphabet, length))(random) for _ in range(1000)]
    assert sum(bool(windows(word).text) for word in words) >= 980


def test_what_stands_before_a_word_belongs_to_it() -> None:
    text = "n" * 15 + " " + "m " * 40 + "secret = '0123456789abcdef'\n"
    assert windows(text).text.endswith("secret = '0123456789abcdef")
    assert len(windows(text).text) == BEFORE + 16


def ordered(length: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    pair = st.tuples(st.integers(0, length), st.integers(0, length)).map(
        lambda pair: (min(pair), max(pair))
    )
    return st.lists(pair).map(sorted)


@given(st.data(), st.text(min_size=1))
def test_every_place_knows_where_it_is_from(data: st.DataObject, whole: str) -> None:
    parts = excerpt(whole, data.draw(ordered(len(whole))))
    pieces = parts.text.split(SEAM) if parts.places and SEAM not in whole else []
    for place, piece in zip(parts.places, pieces, strict=len(pieces) > 0):
        for nth in range(len(piece) + 1):
            origin = parts.origin(place + nth)
            assert whole[origin : origin + len(piece) - nth] == piece[nth:]


@given(st.data(), st.text(min_size=1, alphabet="abc"))
def test_nothing_is_left_out_and_nothing_is_there_twice(data: st.DataObject, whole: str) -> None:
    chosen = data.draw(ordered(len(whole)))
    parts = excerpt(whole, chosen)
    covered = {place for start, stop in chosen for place in range(start, stop)}
    pieces = [len(piece) for piece in parts.text.split(SEAM)] if parts.places else []
    starts = zip(parts.origins, pieces, strict=True)
    assert [place for start, length in starts for place in range(start, start + length)] == sorted(
        covered
    )


def test_parts_that_touch_become_one() -> None:
    parts = excerpt("abcdefghij", [(0, 2), (2, 4), (3, 5), (7, 8)])
    assert parts.text == f"abcde{SEAM}h"
    assert (parts.origin(4), parts.origin(len("abcde" + SEAM))) == (4, 7)


def test_no_part_is_an_empty_text() -> None:
    assert excerpt("abc", []).text == windows("").text == ""
