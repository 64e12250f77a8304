"""What of a candidate may stand at the cursor: cut to where it parses, and said so only if it does.

The file is `prefix + suffix`; a cut is a beginning of the candidate. A cut is **verified** if

1. the file with the cut has no error that it did not have without: for Python it compiles, for other
   languages its tree-sitter tree has no ERROR and no MISSING node but old ones that do not touch the
   cut. So a file that is whole stays whole. Or
2. the file without the cut is unfinished at the cursor: it parses only with a filler there, with
   brackets closed at the end of the line, or with that statement ended or given a body. Then the cut
   may leave open what was open before: the file must have no new error once that is closed. What the
   cut opens itself it must close; but if a body was missing, a body may still be missing.

Shown is the longest verified cut; cuts end where the candidate does, or after a token. Before, what
repeats the text behind the cursor is taken away (`overlap`). If no cut is verified, the candidate is
kept as **unverified** where nobody can judge it (no grammar, a file too large, other errors in it, what
a grammar takes and the language may not, the parses or the time spent), or where all it lacks is the
end of what it opens (`if ready:`). Otherwise there is **nothing** to show.

For Python that is the compiler's word. Tree-sitter's grammars are more lenient than compilers: what we
know of that is in `doubts`, for nine languages. In others, and in C and C++ with macros that the file
does not define, what is verified may still not compile.

`python` and `grammar` know the file with a text at its cursor, `trees` keeps its tree from key to key,
`judge` knows rule 2, `brackets` counts. How a candidate is made, and whether one that is unverified is
shown, is the caller's business.
"""

from dataclasses import dataclass
from typing import Literal

from codekiln.generate.verify.cuts import cuts
from codekiln.generate.verify.grammar import GrammarFile
from codekiln.generate.verify.judge import Judge, OpenFile
from codekiln.generate.verify.overlap import without_doubled, without_repeated
from codekiln.generate.verify.python import PythonFile
from codekiln.generate.verify.trees import Trees
from codekiln.languages import Language

LARGEST, LONGEST = 2**20, 2**14  # characters of a file and of a candidate that are parsed
PARSES, SECONDS = 96, 0.05  # nobody who types waits for more

State = Literal["verified", "unverified", "nothing"]
Reason = Literal[
    "whole",  # the candidate as it came
    "cut",  # a beginning of it
    "repeated",  # it only says what stands behind the cursor
    "empty",  # it had no text
    "error",  # no cut parses
    "unfinished",  # it would parse, were what it opens closed
    "no parser",  # the language has none, or the file is too large for it
    "broken file",  # there are errors with any text at the cursor, so that a new one proves nothing
    "doubtful",  # it parses, but with what the parser takes and the language does not
    "limit",  # the parses or the time were spent
]


@dataclass(frozen=True)
class Verified:
    """What is left of a candidate, what is known of it, and why.

    With `lacking` at the end of the line of its end, the file has no new error. That is nothing in a file
    that was whole; else it is what was lacking before (verified), or what the text opens (unfinished).
    """

    text: str
    state: State
    reason: Reason
    lacking: str = ""


def verify(
    prefix: str,
    candidate: str,
    suffix: str,
    language: Language | None,
    *,
    parses: int = PARSES,
    seconds: float | None = None,
    trees: Trees | None = None,
) -> Verified:
    """The longest cut of `candidate` that adds no error between `prefix` and `suffix`.

    At most `parses` times a part of the file is parsed, and none begins after so many `seconds`. Whatever
    the texts are, nothing is raised. `trees` that are kept from one call to the
    next make that faster.
    """
    text = without_repeated(prefix, candidate, suffix)
    if not text.strip():
        return Verified("", "nothing", "repeated" if candidate.strip() else "empty")
    file = _open(prefix, text, suffix, language, trees or Trees())
    if file is None:
        return _unjudged(prefix, text, suffix, "no parser")
    judge = Judge(file, prefix, suffix, parses, SECONDS if seconds is None else seconds)
    lacking = judge.lacking(text)
    if lacking is not None:
        return Verified(text, "verified", "whole" if text == candidate else "cut", lacking)
    for cut in cuts(text, suffix):
        lacking = judge.lacking_after_part(cut)
        if lacking is not None:
            return Verified(cut, "verified", "cut", lacking)
    if judge.is_spent:
        return _unjudged(prefix, text, suffix, "limit")
    if file.is_doubtful:
        return _unjudged(prefix, text, suffix, "doubtful")
    if judge.debt is None or file.has_other_errors:
        return _unjudged(prefix, text, suffix, "broken file")
    lacking = judge.lacking_at_last(text.rstrip())
    if lacking is not None:
        return Verified(text.rstrip(), "unverified", "unfinished", lacking)
    return Verified("", "nothing", "error")


def _open(
    prefix: str, text: str, suffix: str, language: Language | None, trees: Trees
) -> OpenFile | None:
    """What can judge; None for a language without a grammar, for much text, or for what is none."""
    if language is None or len(text) > LONGEST or len(prefix + suffix) > LARGEST:
        return None
    try:
        (prefix + text + suffix).encode()
    except UnicodeEncodeError:
        return None
    if language.name == "python":
        return PythonFile(prefix, suffix)
    return GrammarFile(language, prefix, suffix, trees) if language.grammar else None


def _unjudged(prefix: str, text: str, suffix: str, reason: Reason) -> Verified:
    return Verified(without_doubled(prefix, text, suffix), "unverified", reason)
