"""Verifying one answer after another: what follows from the last ones is not parsed again.

Who types on along an answer is mostly given its rest. The file would be the same as before, so it parses
as before. For what does not follow, the tree of the file is at hand.
"""

import threading
from collections import deque
from typing import NamedTuple

from codekiln.generate.verify.trees import Trees
from codekiln.generate.verify.verified import Reason, Verified, verify
from codekiln.languages import Language

REMEMBERED = 8  # answers


class _Judged(NamedTuple):
    prefix: str
    candidate: str
    suffix: str
    language: Language | None
    found: Verified


class Verifier:
    """`verify` with a memory of the last few answers, and of the file; any thread may ask."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._judged: deque[_Judged] = deque(maxlen=REMEMBERED)
        self._trees = Trees()

    def verify(
        self, prefix: str, candidate: str, suffix: str, language: Language | None
    ) -> Verified:
        """As `verify`; the rest of an answer that was verified is verified."""
        with self._one_at_a_time:
            for judged in self._judged:
                rest = _rest(judged, prefix, candidate)
                if rest and judged.suffix == suffix and judged.language == language:
                    reason: Reason = "whole" if rest == candidate else "cut"
                    return Verified(rest, "verified", reason, judged.found.lacking)
            found = verify(prefix, candidate, suffix, language, trees=self._trees)
            if found.state == "verified":
                self._judged.appendleft(_Judged(prefix, candidate, suffix, language, found))
            return found


def _rest(judged: _Judged, prefix: str, candidate: str) -> str:
    """What of an answer that was shown lies behind a prefix, if this and its candidate go on from there."""
    typed = prefix[len(judged.prefix) :]
    same = prefix.startswith(judged.prefix) and typed + candidate == judged.candidate
    return judged.found.text[len(typed) :] if same and judged.found.text.startswith(typed) else ""
