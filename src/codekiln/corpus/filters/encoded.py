"""Data that was written into a source file as text: base64, hexadecimal, escapes."""

import re

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject

RUN = 64  # characters from which a run counts towards the share
ESCAPES, BYTES = 16, 64  # pieces from which one does

# A run of base64 or hexadecimal digits may go on over line ends, quotes and plus signs, as wrapped
# literals do; escapes and lists of bytes are runs of equal pieces.
_BASE64 = re.compile(
    rf"[A-Za-z0-9+/]{{{RUN},}}={{0,2}}(?:[\"'\\\s+]*[A-Za-z0-9+/]{{{RUN},}}={{0,2}})*"
)
_PIECE = re.compile(rf"[A-Za-z0-9+/]{{{RUN}}}")
_ESCAPES = re.compile(rf"(?:\\x[0-9a-fA-F]{{2}}|\\u[0-9a-fA-F]{{4}}|\\[0-7]{{3}}){{{ESCAPES},}}")
_BYTES = re.compile(rf"(?:0[xX][0-9a-fA-F]{{1,4}}[UuLl]{{0,3}},\s*){{{BYTES},}}")


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


def _runs(candidate: Candidate) -> list[int]:
    text = candidate.text
    patterns = []
    # Each search reads the whole text, so it is worth asking first whether it can find anything.
    if any(len(line) >= RUN and _PIECE.search(line) for line in candidate.lines):
        patterns.append(_BASE64)
    if text.count("\\") >= ESCAPES:
        patterns.append(_ESCAPES)
    if text.count("0x") + text.count("0X") >= BYTES:
        patterns.append(_BYTES)
    return [match.end() - match.start() for found in patterns for match in found.finditer(text)]
