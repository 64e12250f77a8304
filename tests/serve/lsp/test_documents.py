"""Documents and positions, against a plain model of them: code units in a list, edited by index."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lsprotocol import types

from codekiln.serve.lsp.documents import Document, Units

WIDTHS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
# What ends lines, what looks as if it did, and characters of every width.
PIECES = ["\n", "\r", "\r\n", "a", "é", "漢", "😀", "\f", "\x1c", "\u2028", "\x85"]
ENDS = ["\n", "\r", "a"]  # most of what can go wrong is among these
TEXTS = st.lists(st.sampled_from(ENDS) | st.sampled_from(PIECES), max_size=8).map("".join)


class Plain:
    """The text alone; each place is looked for from its beginning."""

    def __init__(self, text, encoding):
        self.text, (self.codec, self.width) = text, WIDTHS[encoding]

    def offset(self, line, units):
        place = 0
        for _ in range(line):
            while place < len(self.text) and self.text[place] not in "\r\n":
                place += 1
            if place == len(self.text):
                return place
            place += 2 if self.text[place : place + 2] == "\r\n" else 1
        taken = 0
        while place < len(self.text) and self.text[place] not in "\r\n":
            taken += len(self.text[place].encode(self.codec)) // self.width
            if taken > units:
                break
            place += 1
        return place

    def change(self, start, end, new):
        first, last = sorted((self.offset(*start), self.offset(*end)))
        self.text = self.text[:first] + new + self.text[last:]


def position(place):
    return types.Position(*place)


def partial(start, end, text):
    return types.TextDocumentContentChangePartial(types.Range(position(start), position(end)), text)


PLACES = st.tuples(st.integers(0, 7), st.integers(0, 3) | st.integers(0, 20))
EDITS = st.lists(st.tuples(PLACES, PLACES, TEXTS), max_size=8)


@settings(max_examples=400)
@given(TEXTS, EDITS, PLACES, st.sampled_from(sorted(WIDTHS)))
@example("a\rb", [((1, 0), (1, 0), "\n")], (1, 1), "utf-16")  # two line ends become one
@example("a\r\nb", [((0, 1), (1, 0), "\r"), ((1, 0), (1, 0), "\n")], (1, 1), "utf-8")
def test_any_edits_leave_what_they_leave_in_a_plain_text(text, edits, place, encoding):
    document, plain = Document(text, Units(encoding)), Plain(text, encoding)
    for start, end, new in edits:
        document.change(partial(start, end, new))
        plain.change(start, end, new)
        assert document.text == plain.text
        fresh = Document(plain.text, Units(encoding))
        assert document.line_count == fresh.line_count
        assert document.offset(position(place)) == plain.offset(*place)


@given(TEXTS, st.data(), st.sampled_from(sorted(WIDTHS)))
def test_a_position_leads_back_to_its_offset(text, data, encoding):
    document = Document(text, Units(encoding))
    offset = data.draw(st.integers(0, len(text)))
    found = document.position(offset)
    back = document.offset(found)
    # A place between the two characters of a line end, or behind a form of it, is that line's end.
    assert back == offset or text[back:offset] in ("\r", "\r\n"[:1])
    assert Plain(text, encoding).offset(found.line, found.character) == back


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [("utf-8", (0, 1, 5, 7)), ("utf-16", (0, 1, 3, 4)), ("utf-32", (0, 1, 2, 3))],
)
def test_the_units_are_those_of_the_encoding(encoding, columns):
    document = Document("a😀é\n", Units(encoding))
    assert [document.position(n).character for n in range(4)] == list(columns)
    inside = types.Position(0, columns[2] - 1)  # of the astral character, where there is an inside
    assert document.offset(inside) == 1


def test_the_whole_text_may_be_replaced():
    document = Document("a\nb\n", Units())
    assert document.line_count == 3
    document.change(types.TextDocumentContentChangeWholeDocument("c"))
    assert (document.text, document.line_count) == ("c", 1)


def test_halves_of_characters_become_characters():
    """JSON can hold them, and no text that is encoded later may."""
    document = Document("\ud83d\ude00 \ud83d", Units())
    assert document.text == "😀 \ufffd"
    document.change(partial((0, 0), (0, 2), "\ude00"))
    assert document.text == "\ufffd \ufffd"
