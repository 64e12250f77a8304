"""Which documents are held out: whole repositories, so that no file is judged beside its neighbours.

A repository that weighs too much of the corpus is divided by its top-level packages (`json` for
`json/decoder.py` and for `json.py`), and those again, so that a corpus of one repository splits too.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from codekiln.errors import CorpusError

LARGEST_GROUP = 0.2  # of all bytes; a heavier group is divided
LARGEST_PART = 0.25  # of the bytes to hold out; a heavier group is held out only for want of others


class Place(NamedTuple):
    """Where a kept file lies, and how many bytes it has."""

    source: str
    repository: str
    path: str
    bytes: int


def module_of(place: Place) -> tuple[str, ...]:
    """The name of a file's own module: source, repository, folders, and its name up to the first dot.

    >>> module_of(Place("stdlib:", "cpython-3.11", "json/decoder.py", 1))
    ('stdlib:', 'cpython-3.11', 'json', 'decoder')
    """
    *folders, name = place.path.split("/")
    head, dot, tail = name.lstrip(".").partition(".")
    stem = name.removesuffix(dot + tail) if dot else name
    return (place.source, place.repository, *folders, stem if head else name)


def label(module: tuple[str, ...]) -> str:
    """A group's name as it is written in `split.json`."""
    return f"{module[0]}#{'/'.join(module[1:])}"


def group_of(place: Place, groups: Mapping[str, int]) -> str:
    """The group of a file: the deepest of `groups` that it is in."""
    module = module_of(place)
    for depth in range(len(module), 1, -1):
        name = label(module[:depth])
        if name in groups:
            return name
    raise KeyError(f"{place.path} of {place.source} is in no group")


def group_bytes(places: Callable[[], Iterable[Place]]) -> dict[str, int]:
    """All groups and their bytes; `places` gives every kept file, once for each level of dividing."""
    groups: dict[str, int] = {}
    most, depth = 0.0, 2
    heavy: set[tuple[str, ...]] = {()}
    while heavy:
        sizes: Counter[tuple[str, ...]] = Counter()
        deeper: set[tuple[str, ...]] = set()
        for module, size in _modules(places()):
            if depth == 2 or module[: depth - 1] in heavy:
                sizes[module[:depth]] += size
                if len(module) > depth:
                    deeper.add(module[:depth])
        most = most or LARGEST_GROUP * sizes.total()
        heavy = {group for group in deeper if sizes[group] > most}
        groups |= {label(group): size for group, size in sizes.items() if group not in heavy}
        depth += 1
    return dict(sorted(groups.items()))


def _modules(places: Iterable[Place]) -> Iterator[tuple[tuple[str, ...], int]]:
    return ((module_of(place), place.bytes) for place in places)


def hold_out(groups: Mapping[str, int], share: float, seed: int) -> list[str]:
    """The groups to hold out, in order of name: about `share` of the bytes, at least one group.

    Groups are taken in the order of a keyed hash until the share is reached. Those that alone would
    fill a quarter of it come last, because many small packages tell more about code at large than one
    big one; none may carry the set over twice the share. If that leaves none, the lightest is taken.

    Where the share is 0, none is.

    Raises:
        CorpusError: there are fewer than two groups.
    """
    if not share:
        return []
    if len(groups) < 2:
        raise CorpusError(
            "All the code is one single module, so none can be held out to judge a model by: "
            "add a second file or another source."
        )
    total = sum(groups.values())
    taken: list[str] = []
    weight = 0
    big = share * total * LARGEST_PART
    for group in sorted(groups, key=lambda name: (groups[name] > big, _rank(name, seed))):
        if weight >= share * total:
            break
        if weight + groups[group] <= 2 * share * total and len(taken) < len(groups) - 1:
            taken.append(group)
            weight += groups[group]
    if not taken:
        taken = [min(groups, key=lambda name: (groups[name], _rank(name, seed)))]
    return sorted(taken)


def _rank(group: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()


def merged(groups: Mapping[str, int], together: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each group the first of all those it must stay with, given pairs that must not be parted."""
    root = {group: group for group in groups}

    def find(group: str) -> str:
        while root[group] != group:
            root[group] = root[root[group]]
            group = root[group]
        return group

    for first, second in together:
        low, high = sorted((find(first), find(second)))
        root[high] = low
    return {group: find(group) for group in groups}
