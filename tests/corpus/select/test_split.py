"""The split against a slow reading of its rule: whole groups, in whatever order they come."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus.select.split import Place, group_bytes, group_of, hold_out, merged, module_of
from codekiln.errors import CorpusError

names = st.sampled_from(["a", "b", "c.py", "d.py", "a.py", ".x", "b.test.js"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
files = st.dictionaries(
    st.tuples(st.sampled_from(["s", "t"]), st.sampled_from(["r", "q"]), paths),
    st.integers(1, 1000),
    min_size=1,
    max_size=30,
).map(lambda sizes: [Place(*key, size) for key, size in sizes.items()])


def grouped(rows):
    return group_bytes(lambda: rows)


def slow_groups(rows):
    """Each file's group by dividing the first group that is too heavy until none is."""
    modules = [module_of(row) for row in rows]
    depths = [2] * len(rows)
    total = sum(row.bytes for row in rows)

    def group(i):
        return modules[i][: depths[i]]

    while True:
        for i in range(len(rows)):
            same = [j for j in range(len(rows)) if (group(j), depths[j]) == (group(i), depths[i])]
            weight = sum(rows[j].bytes for j in same)
            deeper = any(len(modules[j]) > depths[j] for j in same)
            if weight * 5 > total and deeper:
                for j in same:
                    depths[j] += 1
                break
        else:
            return [f"{group(i)[0]}#{'/'.join(group(i)[1:])}" for i in range(len(rows))]


def slow_hold_out(groups, share, seed):
    order = sorted(groups, key=lambda g: hashlib.sha256(f"{seed}:{g}".encode()).hexdigest())
    total, taken = sum(groups.values()), set()
    big = [group for group in order if groups[group] > share * total * 0.25]
    order = [group for group in order if group not in big] + big
    for group in order:
        weight = sum(groups[name] for name in taken)
        fits = weight + groups[group] <= 2 * share * total
        if weight < share * total and fits and len(taken) + 1 < len(groups):
            taken.add(group)
    return taken


@settings(deadline=None)
@given(files)
def test_groups_are_those_of_the_slow_rule(rows):
    groups = grouped(rows)
    expected = slow_groups(rows)
    assert [group_of(row, groups) for row in rows] == expected
    assert groups == {
        name: sum(row.bytes for row, group in zip(rows, expected, strict=True) if group == name)
        for name in expected
    }


@settings(deadline=None)
@given(files, st.floats(0.001, 0.5), st.integers(0, 5))
def test_held_out_are_those_of_the_slow_rule(rows, share, seed):
    groups = grouped(rows)
    if len(groups) < 2:
        with pytest.raises(CorpusError, match="add a second file"):
            hold_out(groups, share, seed)
        return
    held = hold_out(groups, share, seed)
    assert 0 < len(held) < len(groups)
    assert held == sorted(set(held))
    assert set(held) == slow_hold_out(groups, share, seed) or (
        len(held) == 1 and groups[held[0]] == min(groups.values())
    )


@settings(deadline=None)
@given(files.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_files_does_not_matter(both):
    rows, shuffled = both
    assert grouped(rows) == grouped(shuffled)
    groups = grouped(rows)
    if len(groups) > 1:
        assert hold_out(groups, 0.05, 7) == hold_out(dict(reversed(groups.items())), 0.05, 7)


def test_repositories_stay_whole_while_they_are_light():
    rows = [Place("s", f"r{number}", f"{name}.py", 1) for number in range(10) for name in "ab"]
    assert grouped(rows) == {f"s#r{number}": 2 for number in range(10)}


def test_neighbours_are_in_one_group_and_sources_share_none():
    same = [Place("s", "r", path, 1) for path in ("json/decoder.py", "json.py", "json.test.py")]
    rest = [Place("s", "r", f"m{number}.py", 1) for number in range(20)]
    rows = [*same, *rest, Place("t", "r", "json/x.py", 1)]
    groups = grouped(rows)
    assert {group_of(row, groups) for row in same} == {"s#r/json"}
    assert groups["s#r/json"] == 3
    assert groups["t#r"] == 1


def test_a_repository_that_is_all_one_package_is_divided():
    rows = [Place("s", "r", f"src/mine/part{number}/file.py", 10) for number in range(20)]
    assert len(grouped(rows)) == 20
    assert grouped(rows)["s#r/src/mine/part3"] == 10


def test_a_file_of_no_group_is_told():
    with pytest.raises(KeyError, match="in no group"):
        group_of(Place("s", "other", "x.py", 0), {"s#r": 1})


def test_of_a_share_of_nothing_nothing_is_held_out():
    assert hold_out({"a": 1}, 0.0, 0) == hold_out({"a": 1, "b": 1}, 0.0, 0) == []


def test_groups_that_share_copies_are_one():
    groups = dict.fromkeys("abcdef", 1)
    roots = merged(groups, [("b", "a"), ("c", "b"), ("f", "e")])
    assert roots == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "e"}


def test_another_seed_holds_out_other_groups():
    groups = {f"s#{number}": 1 for number in range(100)}
    assert len(hold_out(groups, 0.05, 0)) == 5
    assert hold_out(groups, 0.05, 0) != hold_out(groups, 0.05, 1)
