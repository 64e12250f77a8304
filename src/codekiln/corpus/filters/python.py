"""Rules for Python alone (OpenCoder, appendix A): files that are nearly all of one kind of line."""

import re

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject

LEAST = 30  # lines; in a shorter module, a handful of imports is already a third
# Most of the lines that may be of one kind.
MOST = {"pass": 0.05, "import": 0.3, "print": 0.4, "assert": 0.4}

# It begins with a line feed, not with `^`, because a pattern with a literal there is fast.
_KINDS = re.compile(
    r"\n[ \t]*(?:(pass)\b[ \t]*$|(import|from)\b|(print)\b|(assert)\b)", re.MULTILINE
)
_NAMES = ("pass", "import", "print", "assert")


def monotonous(candidate: Candidate, _rules: Rules) -> Verdict:
    """Lines of `pass` up to 5 %, imports 30 %, prints 40 %, asserts 40 % (OpenCoder, appendix A)."""
    if candidate.language is None or candidate.language.name != "python":
        return KEEP
    lines = len(candidate.lines)
    if lines < LEAST:
        return KEEP
    counts = dict.fromkeys(_NAMES, 0)
    for match in _KINDS.finditer(f"\n{candidate.text}"):
        assert match.lastindex is not None
        counts[_NAMES[match.lastindex - 1]] += 1
    for name, count in counts.items():
        if count > MOST[name] * lines:
            return reject("monotonous", f"{count / lines:.0%} of the lines are {name}")
    return KEEP
