"""From a completion to what a user is shown: what parses of it, and where it was learned from.

Any completer may stand behind it, an engine of ours or somebody's server. Where the cursor is, and what the
prompt knows of other files, is settled before, in `complete`.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from codekiln.generate import Completer, Completion, CompletionRequest, collect
from codekiln.generate.verify import Verified, Verifier
from codekiln.index import Index
from codekiln.index.provenance import Passage, trace
from codekiln.languages import languages

T = TypeVar("T")
# Characters of a passage that is told of one line: less than a licence would ever be about.
LINE = 20


@dataclass(frozen=True)
class Suggestion:
    """What may be shown, what the model wrote, and where passages of it stand in the index.

    The offsets of `passages` count in `before + verified.text`, `before` being the cursor's line up to it.
    """

    verified: Verified
    completion: Completion
    before: str
    passages: tuple[Passage, ...]
    verify_ms: float
    trace_ms: float

    @property
    def text(self) -> str:
        """What is shown; empty where nothing parses."""
        return self.verified.text


def suggest(
    completer: Completer,
    request: CompletionRequest,
    *,
    index: Index | None = None,
    licences: Collection[str] | None = None,
    verifier: Verifier | None = None,
) -> Suggestion:
    """One suggestion; errors as those of the completer.

    `licences` are those the user allows; passages that stand under none of them are flagged. A
    `verifier` that is kept from one request to the next has less to parse.
    """
    verifier = verifier or Verifier()
    completion = collect(completer, request)
    language = languages().get(request.language)
    text = _ended(completion.text, request.suffix)
    verified, verify_ms = _timed(
        lambda: verifier.verify(request.prefix, text, request.suffix, language)
    )
    before = request.prefix.rpartition("\n")[2]
    passages, trace_ms = _timed(lambda: _passages(before, verified.text, index, licences))
    return Suggestion(verified, completion, before, passages, verify_ms, trace_ms)


def _ended(text: str, suffix: str) -> str:
    """Without the blanks and blank lines at its end, where a line end follows or nothing does."""
    return text if suffix.partition("\n")[0].strip() else text.rstrip()


def _passages(
    before: str, text: str, index: Index | None, licences: Collection[str] | None
) -> tuple[Passage, ...]:
    """Those that reach into what was generated."""
    if index is None or not text.strip():
        return ()
    found = trace(before + text, index, licences, LINE)
    return tuple(passage for passage in found if passage.end > len(before))


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begun = time.perf_counter()
    found = work()
    return found, 1000 * (time.perf_counter() - begun)
