"""The tree of a file, made out of the tree that the file had a key before.

Only the last file of each language is remembered: that is the one someone types in.
"""

from tree_sitter import Point, Tree

from codekiln.languages import Language, parse


class Trees:
    """Parses files, and remembers the last one of each language."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, Tree]] = {}

    def parse(self, language: Language, content: bytes) -> Tree | None:
        """As `languages.parse`; what stands as it stood in the last file is not parsed again."""
        last = self._last.get(language.name)
        tree = parse(language, content, _edited(*last, content) if last else None)
        if tree is not None:
            self._last[language.name] = (content, tree)
        return tree


def _edited(old: bytes, tree: Tree, new: bytes) -> Tree:
    """The tree of `old`, told of the one stretch in which `new` is another."""
    start = _common(old, new)
    shorter = min(len(old), len(new)) - start
    end = _common(old[: -shorter - 1 : -1], new[: -shorter - 1 : -1])
    old_end, new_end = len(old) - end, len(new) - end
    edited = tree.copy()
    edited.edit(
        start,
        old_end,
        new_end,
        moved(Point(0, 0), old[:start]),
        moved(Point(0, 0), old[:old_end]),
        moved(Point(0, 0), new[:new_end]),
    )
    return edited


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def moved(point: Point, text: bytes) -> Point:
    """The place behind `text` that stands at `point`; columns are bytes."""
    feeds = text.count(b"\n")
    column = len(text) - text.rfind(b"\n") - 1
    return Point(point.row + feeds, column if feeds else point.column + column)
