"""The rules in the order in which they run: cheap ones first, the grammar last."""

from codekiln.corpus.filters.candidate import Filter
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
