"""Values come back as they were; what is no plain data, and what is no message, never does harm."""

import collections
import contextlib
import enum
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.sandbox.inside.literals import NoLiteralError, Opaque, decode, encode

hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())
    | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
values = st.recursive(
    hashable | st.just(...) | st.builds(range, st.integers(-9, 9), st.integers(-9, 9)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.sets(hashable, max_size=3)
        | st.builds(bytearray, st.binary())
    ),
    max_leaves=12,
)


def kinds(value):
    """Types all the way down, which equality overlooks: 1 == True == 1.0."""
    if isinstance(value, dict):
        return type(value), [(kinds(k), kinds(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [kinds(item) for item in value]
    return type(value)


@given(values)
def test_a_value_comes_back_as_it_was(value):
    back = decode(encode(value))
    assert back == value
    assert kinds(back) == kinds(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.0, "\ud800", -(2**63)], ids=ascii)
def test_odd_ones_too(value):
    back = decode(encode(value))
    assert repr(back) == repr(value)


def test_integers_have_no_end():
    assert decode(encode(-(10**5000))) == -(10**5000)


class Number(enum.IntEnum):
    ONE = 1


class Word(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Number.ONE, 1),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.namedtuple("Point", "x y")(1, 2), (1, 2)),
        (Word("mine"), "mine"),
        ([Word("mine")], ["mine"]),
    ],
    ids=str,
)
def test_a_subclass_is_sent_as_what_it_is_one_of(value, plain):
    back = decode(encode(value))
    assert (back, kinds(back)) == (plain, kinds(plain))


class Forged:
    def __eq__(self, other):
        return True

    __hash__ = None


def test_anything_else_equals_nothing():
    for value in (Forged(), object(), iter([]), (n for n in "a"), print, type):
        back = decode(encode(value))
        assert isinstance(back, Opaque)
        assert back != value
        assert not back == back  # noqa: SIM201
        assert decode(encode([value])) != [1]


def test_what_holds_itself_ends_as_opaque():
    circle = [1]
    circle.append(circle)
    back = decode(encode(circle))
    depth = 0
    while isinstance(back, list):
        back, depth = back[1], depth + 1
    assert isinstance(back, Opaque)
    assert depth == 100


@given(st.binary(max_size=80))
def test_no_bytes_do_more_than_be_refused(message):
    with contextlib.suppress(NoLiteralError):
        decode(message)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"N" * 2,
        b"l" + struct.pack(">I", 2**32 - 1),
        (b"l" + struct.pack(">I", 1)) * 5000,
        b"S" + struct.pack(">I", 1) + b"l" + struct.pack(">I", 0),
        b"d" + struct.pack(">I", 1) + b"N",
        b"rNNN",
        b"s" + struct.pack(">I", 1) + b"\xff",
    ],
    ids=repr,
)
def test_what_is_no_message_is_refused(message):
    with pytest.raises(NoLiteralError):
        decode(message)
