"""One example of a task: the ids a model is given, and those it is to answer with.

The tasks render them; a file of them has one a line, as JSON:

    {"context": …, "target": …, "group": "owner/project"}

Either part is a list of ids, as a task renders it, or a text, in which nothing is control. Of examples that
share a `group` all are held out or none.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from codekiln.errors import CorpusError
from codekiln.tokenizer import Tokenizer


@dataclass(frozen=True)
class Example:
    """`context` begins with what opens a text, and `target` ends with what ends an answer.

    Neither is empty: the first id of a target is predicted from the last one of its context.
    """

    context: list[int]
    target: list[int]

    def __len__(self) -> int:
        return len(self.context) + len(self.target)

    @property
    def key(self) -> bytes:
        """A hash of what it says."""
        return sha256(repr((self.context, self.target)).encode()).digest()


def read_examples(
    path: Path, tokenizer: Tokenizer, seen: Callable[[float], None] = lambda _bytes: None
) -> Iterator[tuple[Example, str]]:
    """The examples in a file, each with its group, "" where it has none; `seen` hears of bytes read.

    Raises:
        CorpusError: a line is no example, or has an empty part.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            seen(len(line))
            try:
                entries = json.loads(line)
                context, target = (_ids(entries, part, tokenizer) for part in ("context", "target"))
                group = str(entries.get("group", ""))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise CorpusError(
                    f"Line {number} of {path} is no example ({error!r}): give objects with 'context' and "
                    "'target', each a text or a list of ids."
                ) from None
            if not context or not target:
                empty = "target" if context else "context"
                raise CorpusError(
                    f"Line {number} of {path} has an empty {empty}, from which nothing is learned: remove "
                    "it."
                )
            if isinstance(entries["context"], str):
                context = [tokenizer.opening, *context]
            if isinstance(entries["target"], str):
                target = [*target, tokenizer.stop]
            yield Example(context, target), group


def _ids(entries: Mapping[str, Any], part: str, tokenizer: Tokenizer) -> list[int]:
    given = entries[part]
    if isinstance(given, str):
        return tokenizer.encode(given)
    size = tokenizer.vocabulary_size
    if not isinstance(given, list) or any(type(i) is not int or not 0 <= i < size for i in given):
        raise ValueError(f"'{part}' has what is no id of the {size} there are")
    return given
