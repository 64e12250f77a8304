"""Many words looked for in one pass: a regular expression that is their prefix tree."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby


def prefix_tree(words: Iterable[str]) -> str:
    """A pattern that matches each of the words, and of those that begin alike the longest.

    >>> prefix_tree(["pass", "password", "passwd", "pwd"])
    'p(?:ass(?:w(?:d|ord))?|wd)'
    """
    distinct = sorted(set(words))
    branches = [
        re.escape(first) + prefix_tree(word[1:] for word in group)
        for first, group in groupby(filter(None, distinct), key=lambda word: word[0])
    ]
    if not branches:
        return ""
    tree = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{tree})?" if "" in distinct else tree


def every_match(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """What the pattern matches, from every place, so that what begins inside another is there too."""
    match = pattern.search(text)
    while match:
        yield match[0]
        match = pattern.search(text, match.start() + 1)
