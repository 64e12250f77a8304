"""A file as tokens, each with what it cost the model; and how text of unknown origin is shown.

The colours themselves are in `style.css`: one hue, so the order of the steps survives any kind of
colour vision, a light page, a dark one and grey print.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

EDGES = (0.5, 1, 2, 4, 6, 8, 11)  # bits at which the next stronger shade begins
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # categories of Unicode
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
KEPT = "\n\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"  # the joiners make up emoji and scripts


@dataclass(frozen=True)
class Span:
    """One token: its text as it can be shown, its shade from 0, and its hint."""

    text: str
    shade: int
    hint: str
    breaks: bool  # it begins with a line end, which has no width to be coloured


@dataclass(frozen=True)
class Shade:
    """One step of the legend."""

    shade: int
    label: str


@dataclass(frozen=True)
class HeatMap:
    """A whole file."""

    path: str
    language: str
    bits_per_byte: float
    spans: tuple[Span, ...]


def heat_map(file: Mapping[str, Any]) -> HeatMap:
    """The file of a `heatmap.json`."""
    spans = tuple(_span(token["text"], token["bits"]) for token in file["tokens"])
    return HeatMap(file["path"], file["language"], file["bits_per_byte"], spans)


def legend() -> list[Shade]:
    """The shades from expected to surprising, in bits."""
    labels = [f"under {EDGES[0]:g}"]
    labels += [f"{low:g}–{high:g}" for low, high in pairwise(EDGES)]
    return [Shade(shade, label) for shade, label in enumerate([*labels, f"{EDGES[-1]:g} and more"])]


def visible(text: str) -> str:
    r"""`text` with a stand-in for every character that HTML cannot hold or that would not be seen.

    Line ends, tabs and anything with a shape of its own stay. Other control characters become
    their pictures, and what turns the direction of text or hides (Boucher & Anderson 2021, "Trojan
    Source") its number.

    >>> visible("a\x00b\u202ec")
    'a␀b⟨U+202E⟩c'
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    code = ord(character)
    if character in KEPT or unicodedata.category(character) not in UNSEEN:
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"⟨U+{code:04X}⟩"


def _span(text: str, bits: float) -> Span:
    hint = f"{bits:.2f} bits, probability {_probability(bits)}"
    if REPLACEMENT in text:
        hint += ", part of a character"
    return Span(visible(text), bisect_right(EDGES, bits), hint, text.startswith("\n"))


def _probability(bits: float) -> str:
    share = 2.0**-bits
    if share >= 0.001:
        return f"{share:.3f}"
    return f"1 in {2.0**bits:,.0f}" if bits < 64 else f"1 in 2^{bits:.0f}"
