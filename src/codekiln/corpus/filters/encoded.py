"""Data that was written into a source file as text: base64, hexadecimal, escapes."""

import re
from collections.abc import Iterator
from string import ascii_letters, digits

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject

RUN = 64  # characters from which a run counts towards the share
ESCAPES, BYTES = 16, 64  # pieces from which one does

# A run of base64 or hexadecimal digits may go on over line ends, quotes and plus signs, as wrapped
# literals do; escapes and lists of bytes are runs of equal pieces.
_BASE64 = re.compile(
    rf"[A-Za-z0-9+/]{{{RUN},}}={{0,2}}(?:[\"'\\\s+]*[A-Za-z0-9+/]{{{RUN},}}={{0,2}})*"
)
_MASK = bytes(97 if chr(byte) in ascii_letters + digits + "+/" else 32 for byte in range(256))
_BEGIN = b"a" * RUN
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3})"
_BYTE = r"0[xX][0-9a-fA-F]{1,4}[UuLl]{0,3},\s*"
# The first piece stands apart because a pattern that begins with a literal is fast.
_ESCAPES = re.compile(rf"{_ESCAPE}(?:{_ESCAPE}){{{ESCAPES - 1},}}")
_BYTES = re.compile(rf"{_BYTE}(?:{_BYTE}){{{BYTES - 1},}}")


def encoded(candidate: Candidate, _rules: Rules) -> Verdict:
    """Runs of encoded data of over 1024 characters, or over half of the file (StarCoder 2, 2.6)."""
    bounds, total = candidate.bounds, 0
    for run in _runs(candidate):
        total += run
        if run > bounds.encoded_run:
            return reject("encoded-data", f"a run of {run} characters")
    if total > bounds.encoded_share * len(candidate.text):
        return reject("encoded-data", f"{total / len(candidate.text):.0%} of the file")
    return KEEP


def _runs(candidate: Candidate) -> Iterator[int]:
    """The lengths of all runs."""
    text = candidate.text
    yield from _base64_runs(text)
    # Each search reads the whole text, so it is worth asking first whether it can find anything.
    if text.count("\\") >= ESCAPES:
        yield from map(_length, _ESCAPES.finditer(text))
    if text.count("0x") + text.count("0X") >= BYTES:
        yield from map(_length, _BYTES.finditer(text))


def _base64_runs(text: str) -> Iterator[int]:
    """What `_BASE64` finds, tried only where a run begins, since few texts have any."""
    mask = text.encode("ascii", "replace").translate(_MASK)  # a byte for each character
    place = mask.find(_BEGIN)
    while place >= 0:
        match = _BASE64.match(text, place)
        assert match is not None
        yield _length(match)
        place = mask.find(_BEGIN, match.end())


def _length(match: re.Match[str]) -> int:
    return match.end() - match.start()
