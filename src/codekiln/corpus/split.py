"""Which documents are held out: whole groups, so that no file is judged beside its neighbours.

A group is a top-level package: `json` for `json/decoder.py` and for `json.py`. A group that weighs
too much is divided one level deeper, so that a repository that is all one package splits too.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

from codekiln.errors import CorpusError

LARGEST_GROUP = 0.2  # of all bytes; a heavier group is divided
LARGEST_PART = 0.25  # of the bytes to hold out; a heavier group is held out only for want of others


def module_of(source: str, path: str) -> tuple[str, ...]:
    """The name of a file's own module: source, folders, and the file's name up to its first dot.

    >>> module_of("stdlib:", "json/decoder.py")
    ('stdlib:', 'json', 'decoder')
    """
    *folders, name = path.split("/")
    head, dot, tail = name.lstrip(".").partition(".")
    stem = name.removesuffix(dot + tail) if dot else name
    return (source, *folders, stem if head else name)


def label(module: tuple[str, ...]) -> str:
    """A group's name as it is written in `split.json`."""
    return f"{module[0]}#{'/'.join(module[1:])}"


def group_of(source: str, path: str, groups: Mapping[str, int]) -> str:
    """The group of a file: the deepest of `groups` that it is in."""
    module = module_of(source, path)
    for depth in range(len(module), 1, -1):
        name = label(module[:depth])
        if name in groups:
            return name
    raise KeyError(f"{path} of {source} is in no group")


def group_bytes(files: Iterable[tuple[str, str, int]]) -> dict[str, int]:
    """All groups and their bytes, from (source, path, bytes) of every kept file."""
    modules: dict[tuple[str, ...], int] = defaultdict(int)
    for source, path, size in files:
        modules[module_of(source, path)] += size
    most = LARGEST_GROUP * sum(modules.values())
    groups: dict[str, int] = {}
    level = _at_depth(modules, 2)
    depth = 2
    while level:
        heavy: dict[tuple[str, ...], int] = {}
        for group, members in level.items():
            size = sum(members.values())
            if size > most and any(len(module) > depth for module in members):
                heavy.update(members)
            else:
                groups[label(group)] = size
        depth += 1
        level = _at_depth(heavy, depth)
    return dict(sorted(groups.items()))


def _at_depth(
    modules: Mapping[tuple[str, ...], int], depth: int
) -> dict[tuple[str, ...], dict[tuple[str, ...], int]]:
    level: dict[tuple[str, ...], dict[tuple[str, ...], int]] = defaultdict(dict)
    for module, size in modules.items():
        level[module[:depth]][module] = size
    return level


def hold_out(groups: Mapping[str, int], share: float, seed: int) -> list[str]:
    """The groups to hold out, in order of name: about `share` of the bytes, at least one group.

    Groups are taken in the order of a keyed hash until the share is reached. Those that alone would
    fill a quarter of it come last, because many small packages tell more about code at large than one
    big one; none may carry the set over twice the share. If that leaves none, the lightest is taken.

    Raises:
        CorpusError: there are fewer than two groups.
    """
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
