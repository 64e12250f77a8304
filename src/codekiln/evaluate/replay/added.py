"""The lines that an edit added, each with the file as it stood when somebody came to type it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from codekiln.evaluate.replay.history import Edit

LARGE = 4_000  # lines of both texts
_VISIBLE = re.compile(r"[^\W_]")  # a letter or a digit: brackets alone are no line worth measuring


@dataclass(frozen=True)
class AddedLine:
    """`text` is the line from its first visible sign to its last, `number` its place in the new file.

    `prefix` is the new file up to there, with the indentation, which editors fill in. `suffix` is what
    then stood behind the cursor: the old file, from where the edit has come to. So nothing is in either
    that was written later.
    """

    path: str
    number: int
    text: str
    prefix: str
    suffix: str


def added_lines(edit: Edit) -> Iterator[AddedLine]:
    """In the order of the file; lines without a letter or digit are left out.

    Lines of the old text that the edit replaces are gone when the new ones are typed.
    """
    old, new = _lines(edit.before), _lines(edit.after)
    starts = [0]
    for line in new:
        starts.append(starts[-1] + len(line))
    for behind, first, last in _insertions(old, new):
        rest = "".join(old[behind:])
        suffix = f"\n{rest}" if rest else ""
        for place in range(first, last):
            text = new[place].strip()
            if _VISIBLE.search(text):
                indent = new[place][: len(new[place]) - len(new[place].lstrip())]
                prefix = edit.after[: starts[place]] + indent
                yield AddedLine(edit.path, place + 1, text, prefix, suffix)


def count_added(edit: Edit) -> int:
    """How many `added_lines` there are."""
    new = _lines(edit.after)
    return sum(
        bool(_VISIBLE.search(line))
        for _, first, last in _insertions(_lines(edit.before), new)
        for line in new[first:last]
    )


def _insertions(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int]]:
    """`new[first:last]` were added; `old[behind:]` is what then stood behind them.

    Line ends are not compared: nobody typed a file anew to change them.
    """
    old, new = ([line.rstrip("\r\n") for line in lines] for lines in (old, new))
    head = _in_common(old, new)
    tail = _in_common(old[head:][::-1], new[head:][::-1])
    some, others = old[head : len(old) - tail], new[head : len(new) - tail]
    # Without the heuristic for frequent lines a diff is better, and of large files takes seconds.
    matcher = SequenceMatcher(None, some, others, autojunk=len(some) + len(others) > LARGE)
    for tag, _, behind, first, last in matcher.get_opcodes():
        if tag in ("insert", "replace"):
            yield head + behind, head + first, head + last


def _in_common(some: list[str], others: list[str]) -> int:
    pairs = zip(some, others, strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other), min(len(some), len(others))
    )


def _lines(text: str) -> list[str]:
    """Lines with their ends; a form feed or the like ends none."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
