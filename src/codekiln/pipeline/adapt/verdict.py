"""Which of the four is kept: the base or the tuned model, with the index or without.

Something counts as better if the keys that it saves are more on the same lines, by more than chance would
have it: a paired bootstrap over files, or runs of lines where files are few, at 90 %.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codekiln.evaluate.replay.stage import ALL
from codekiln.evaluate.results import Comparison, Item, compare, only_system
from codekiln.pipeline.adapt.contest import BASE, INDEXED, TUNED

FIGURE = "keys saved"
CHANCE = 0.1  # of a difference as large where there is none, in either direction


@dataclass(frozen=True)
class Verdict:
    """`kept` is the name of a system; `tuning` is None where there was no tuned model to compare."""

    kept: str
    index: Comparison
    tuning: Comparison | None

    @property
    def uses_index(self) -> bool:
        """Whether the index of the folder belongs to it."""
        return self.kept.endswith(INDEXED)

    @property
    def is_tuned(self) -> bool:
        """Whether it is the tuned model."""
        return self.kept.startswith(TUNED)


def judge(items: Sequence[Item]) -> Verdict:
    """First whether the index is kept with the base, then whether tuning is, with what was kept."""
    index = _compared(items, BASE + INDEXED, BASE)
    with_index = INDEXED if is_gain(index) else ""
    if not any(item.system == TUNED for item in items):
        return Verdict(BASE + with_index, index, None)
    tuning = _compared(items, TUNED + with_index, BASE + with_index)
    return Verdict((TUNED if is_gain(tuning) else BASE) + with_index, index, tuning)


def is_gain(found: Comparison) -> bool:
    """Whether the first of two systems is better."""
    return found.paired.difference.value > 0 and found.paired.chance < CHANCE


def in_common(items: Iterable[Item]) -> list[Item]:
    """The items of the lines that every system typed."""
    items = list(items)
    lines = [{i.item for i in items if i.system == name} for name in {i.system for i in items}]
    shared = set.intersection(*lines)
    return [item for item in items if item.item in shared]


def _compared(items: Sequence[Item], first: str, second: str) -> Comparison:
    one, other = (only_system(items, name, "") for name in (first, second))
    found = compare(one, other)
    return next(each for each in found if (each.stratum, each.figure) == (ALL, FIGURE))
