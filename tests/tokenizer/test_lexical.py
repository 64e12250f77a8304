"""Tokens beside lexemes: every byte once, the kinds of what a token covers, and when it crosses."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.languages import Lexeme, languages, lex
from codekiln.tokenizer import train_bpe
from codekiln.tokenizer.lexical import analyse, crossing, tokens
from fakes import tiny_tokenizer

TEXT = 'def join(parts):\n    return ", ".join(parts)  # 日本\n'


@pytest.fixture(scope="module")
def trained():
    return train_bpe(iter([TEXT] * 50), 400)


def test_kinds_are_those_of_the_lexemes_under_a_token():
    lexemes = [  # x = ("a").b
        Lexeme(0, 1, "identifier"),
        Lexeme(1, 2, "whitespace"),
        Lexeme(2, 3, "operator"),
        Lexeme(3, 4, "whitespace"),
        Lexeme(4, 5, "punctuation"),
        Lexeme(5, 8, "literal"),
        Lexeme(8, 9, "punctuation"),
        Lexeme(9, 10, "punctuation"),
        Lexeme(10, 11, "identifier"),
    ]
    found = list(tokens([7, 8, 9, 10, 11, 12], [1, 2, 1, 2, 3, 2], lexemes))
    assert [(token.start, token.end, token.kinds, token.crosses) for token in found] == [
        (0, 1, ("identifier",), False),
        (1, 3, ("operator",), False),
        (3, 4, ("whitespace",), False),
        (4, 6, ("punctuation", "literal"), True),
        (6, 9, ("literal", "punctuation"), True),
        (9, 11, ("punctuation", "identifier"), True),
    ]
    assert [token.id for token in found] == [7, 8, 9, 10, 11, 12]


@given(st.lists(st.integers(1, 5), max_size=9), st.lists(st.integers(1, 5), max_size=9))
@settings(max_examples=100, deadline=None)
def test_parts_are_cut_where_either_is_cut(sizes, lengths):
    total = min(sum(sizes), sum(lengths))
    cuts = [{sum(row[:n]) for n in range(len(row) + 1)} | {total} for row in (sizes, lengths)]
    borders, meets = ([cut for cut in sorted(row) if cut <= total] for row in cuts)
    lexemes = [Lexeme(a, b, "text") for a, b in pairwise(meets)]
    widths = [b - a for a, b in pairwise(borders)]
    found = list(tokens(range(len(widths)), widths, lexemes))
    parts = [part[:2] for token in found for part in token.parts]
    every = sorted({*borders, *meets})
    assert parts == list(pairwise(every))


def test_crossing_tokens_are_counted_the_fast_way_too(trained):
    for text in (TEXT, TEXT * 9 + 'x=[{("\'")}];', "\n", ""):
        found = analyse(trained, text, languages()["python"])
        sizes = [token.end - token.start for token in found.tokens]
        lexemes = lex(languages()["python"], text.encode())
        assert crossing(sizes, lexemes) == found.crossing


def test_a_file_is_all_of_its_tokens(trained):
    found = analyse(trained, TEXT, languages()["python"])
    assert (found.content, found.language, found.note) == (TEXT.encode(), "python", "")
    assert [token.id for token in found.tokens] == trained.encode(TEXT)
    for token in found.tokens:
        assert found.content[token.start : token.end] == trained.bytes_of(token.id)
    kinds = {found.content[token.start : token.end]: token.kinds for token in found.tokens}
    assert kinds[b" return"] == ("keyword",)
    assert kinds[b"   "] == ("whitespace",)
    assert kinds[b"(parts"] == ("punctuation", "identifier")
    assert found.crossing == sum(len(token.kinds) > 1 for token in found.tokens) > 0


@pytest.mark.parametrize(
    ("language", "text", "note"),
    [
        (None, "x = 1", "Nothing tells the language of the file"),
        (languages()["perl"], "my $x;", "There is no grammar for perl"),
        (languages()["python"], "(" * 1000, "The grammar of python gave the file up"),
    ],
)
def test_without_lexemes_all_is_text_and_it_says_why(language, text, note):
    found = analyse(tiny_tokenizer(), text, language)
    assert {token.kinds for token in found.tokens} == {("text",)}
    assert found.note == note
    assert found.crossing == 0


def test_an_empty_text_has_no_tokens():
    assert analyse(tiny_tokenizer(), "", languages()["python"]).tokens == ()
    assert analyse(tiny_tokenizer(), "", None).tokens == ()
