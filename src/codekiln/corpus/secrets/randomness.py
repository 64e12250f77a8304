"""Whether a value was drawn by a machine: its characters, and the order in which they are."""

import math
import re
from collections import Counter

# Hexadecimal has at most 4 bits a character, base64 6; 16 random ones reach about 3.2 and 3.9.
MIN_RANDOM_ENTROPY, MIN_HEX_ENTROPY = 3.5, 2.8
# Shares of the length: changes between lower case, capitals and digits (random: 0.6, names in
# camel case: 0.25), runs of digits (random: 0.13, names: 0.05), letters in words (random: 0.3).
MIN_CHANGES, MIN_DIGIT_RUNS, MAX_WORDY = 0.3, 0.12, 0.4

_HEX = re.compile(r"(?:0x)?[0-9a-fA-F-]+\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-")
_CHANGE = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")
_WORD = re.compile(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{4,}")
_ARGUMENT = re.compile(r",\s*[rbuLf@]{0,2}[\"'`]?\Z|^\s*[\"'`]\Z")


def entropy(value: str) -> float:
    """Bits a character, from the value's own frequencies (Shannon 1948, section 6)."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def is_random(value: str, before: str) -> bool:
    """Many different characters in an order that names, paths and phrases do not have."""
    if _HEX.match(value):
        return len(value) >= 24 and entropy(value) >= MIN_HEX_ENTROPY and not _UUID.match(value)
    if entropy(value) < MIN_RANDOM_ENTROPY or _is_name(value):
        return False
    changes = len(_CHANGE.findall(value)) / len(value)
    digit_runs = len(re.findall(r"[0-9]+", value)) / len(value)
    wordy = sum(map(len, _WORD.findall(value))) / len(value)
    if wordy >= 1.5 * MAX_WORDY:
        return False
    if not digit_runs:
        return changes >= 2 * MIN_CHANGES
    if _ARGUMENT.search(before):
        return changes >= MIN_CHANGES + 0.1
    return changes >= MIN_CHANGES or digit_runs >= MIN_DIGIT_RUNS or wordy <= MAX_WORDY


def is_random_end(value: str, _before: str) -> bool:
    """Whether what follows the prefix of a key is random; the prefix tells that it is no name."""
    return is_random(value.rpartition("-")[2], "")


def _is_name(value: str) -> bool:
    """Whether separators divide it into words, numbers and scraps, as in `TR31_PIN_KEY`."""
    parts = re.split(r"[_.:/-]", value)
    return len(parts) > 1 and all(len(p) <= 4 or p.isalpha() or p.isdigit() for p in parts)
