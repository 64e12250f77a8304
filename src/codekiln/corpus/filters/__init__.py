"""The rules that decide which files are kept. Each is a function from a candidate to a verdict.

They run in the order of `BY_NAME` (nothing was read yet), `BY_BYTES` and `BY_TEXT`, cheap ones first;
the first that says no names the reason. Of the rules of the published pipelines two are left out on
purpose: characters per token needs a tokenizer, which comes after the corpus, and a scan for malware
needs an engine and signatures that change daily. Duplicates are no business of one file alone.
"""

from codekiln.corpus.filters.candidate import KEEP, Candidate, Filter, Rules, Verdict, judge
from codekiln.corpus.filters.content import binary, encoding, lfs_pointer
from codekiln.corpus.filters.encoded import encoded
from codekiln.corpus.filters.generated import generated
from codekiln.corpus.filters.markup import html, xml
from codekiln.corpus.filters.names import (
    chosen_language,
    generated_name,
    known_language,
    minified_name,
    size,
    vendored,
)
from codekiln.corpus.filters.python import monotonous
from codekiln.corpus.filters.syntax import syntax
from codekiln.corpus.filters.text import (
    alphabetic,
    alphanumeric,
    blank,
    comments,
    length,
    line_length,
    minified,
)

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

BY_NAME: tuple[Filter, ...] = (
    known_language,
    chosen_language,
    minified_name,
    generated_name,
    vendored,
    size,
)
BY_BYTES: tuple[Filter, ...] = (size, lfs_pointer, binary, encoding)
BY_TEXT: tuple[Filter, ...] = (
    blank,
    known_language,
    chosen_language,
    xml,
    generated,
    length,
    line_length,
    minified,
    alphanumeric,
    alphabetic,
    html,
    encoded,
    monotonous,
    comments,
    syntax,
)
