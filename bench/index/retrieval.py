"""The baseline: text of the older version put in front of what the model reads.

Chunks of lines ranked by BM25 against the last lines before the cursor, each with the lines that follow
it, as in RepoCoder (Zhang et al. 2023); the best stands last, nearest to the cursor.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping

from codekiln.tokenizer import Tokenizer

LINES, STRIDE = 20, 10  # of a chunk, and from one to the next
K1, B = 1.2, 0.75  # BM25's usual constants (Robertson and Zaragoza 2009, §3.5)

_WORD = re.compile(r"[A-Za-z]+|\d+")


class Retriever:
    """The chunks of some files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._chunks, shown = [], []
        for path, text in files.items():
            lines = text.splitlines(keepends=True)
            for start in range(0, max(1, len(lines) - STRIDE), STRIDE):
                self._chunks.append(Counter(_words("".join(lines[start : start + LINES]))))
                after = "".join(lines[start + STRIDE : start + STRIDE + LINES])
                shown.append(f"# {path}\n{after}")
        self._shown = shown
        found = Counter(word for chunk in self._chunks for word in chunk)
        total = len(self._chunks)
        self._weight = {
            word: math.log(1 + (total - count + 0.5) / (count + 0.5))
            for word, count in found.items()
        }
        self._mean = sum(chunk.total() for chunk in self._chunks) / total

    def prompt(self, before: str, tokenizer: Tokenizer, budget: int) -> list[int]:
        """As many of the best chunks as fit `budget` tokens; the last to fit is cut to it."""
        query = set(_words("".join(before.splitlines(keepends=True)[-LINES:])))
        ranked = sorted(range(len(self._chunks)), key=lambda number: -self._score(query, number))
        ids: list[int] = []
        for number in ranked:
            ids = tokenizer.encode(self._shown[number]) + ids
            if len(ids) >= budget:
                break
        return ids[-budget:]

    def _score(self, query: set[str], number: int) -> float:
        chunk = self._chunks[number]
        norm = K1 * (1 - B + B * chunk.total() / self._mean)
        return sum(
            self._weight[word] * chunk[word] * (K1 + 1) / (chunk[word] + norm)
            for word in query & chunk.keys()
        )


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
