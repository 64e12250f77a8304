"""The beginnings of a candidate that are worth a parse, longest first."""

import re
from collections.abc import Iterator

_TOKEN_END = re.compile(r"(?<=\w)(?!\w)|(?<=[^\w\s])")


def cuts(text: str, suffix: str) -> Iterator[str]:
    """What ends with a token of the text, but not all of it; no word may run into a word behind."""
    joins = suffix[:1].isalnum() or suffix[:1] == "_"
    for match in reversed(list(_TOKEN_END.finditer(text))):
        cut = text[: match.start()]
        if cut and cut != text and not (joins and (cut[-1].isalnum() or cut[-1] == "_")):
            yield cut
