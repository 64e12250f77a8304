"""The rules that decide which files are kept. Each is a function from a candidate to a verdict.

They run as `BY_NAME` (nothing was read yet), `BY_BYTES` and `BY_TEXT`, in the order of `chain.py`; the
first that says no names the reason. Of the rules of the published pipelines two are left out on
purpose: characters per token take good code and little that other rules leave (docs/log.md), and a scan
for malware needs an engine and signatures that change daily. Duplicates are no business of one file alone.
"""

from codekiln.corpus.filters.candidate import KEEP, Candidate, Filter, Rules, Verdict, judge
from codekiln.corpus.filters.chain import BY_BYTES, BY_NAME, BY_TEXT

__all__ = [
    "BY_BYTES",
    "BY_NAME",
    "BY_TEXT",
    "KEEP",
    "Candidate",
    "Filter",
    "Rules",
    "Verdict",
    "judge",
]
