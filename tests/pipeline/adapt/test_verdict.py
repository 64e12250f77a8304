"""What is kept: a gain must be more than chance, and of an unrelated project there is none."""

import random

import pytest

from codekiln.evaluate.replay.stage import ALL
from codekiln.evaluate.results import Item
from codekiln.pipeline.adapt.verdict import in_common, judge

LINES = 120


def items(seed=0, lines=LINES, run=1, **saved):
    """Each line of 30 characters; a system saves a share of its keys, with one noise for a run of lines."""
    for name, share in saved.items():
        generator = random.Random(f"{seed} {name}")
        system = name.replace("_", " + ")
        noises = [generator.gauss(0, 4) for _ in range(0, lines, run)]
        for line in range(lines):
            keys = 30 * share + noises[line // run]
            figures = {"exact lines": (0, 1), "keys saved": (keys, 30)}
            yield Item(system, f"file:{line}", "file", (ALL,), figures, run=str(line // run))


def judged(**saved):
    return judge(list(items(**saved)))


def test_what_helps_is_kept():
    found = judged(base=0.2, base_index=0.3, tuned=0.3, tuned_index=0.4)
    assert found.kept == "tuned + index"
    assert (found.uses_index, found.is_tuned) == (True, True)
    assert judged(base=0.2, base_index=0.3, tuned=0.2, tuned_index=0.3).kept == "base + index"
    assert judged(base=0.2, base_index=0.2, tuned=0.3, tuned_index=0.3).kept == "tuned"


def test_without_tuning_the_index_is_judged_alone():
    found = judged(base=0.2, base_index=0.3)
    assert (found.kept, found.tuning) == ("base + index", None)
    assert judged(base=0.3, base_index=0.2).kept == "base"


def test_what_does_harm_is_not_kept():
    assert judged(base=0.3, base_index=0.2, tuned=0.2, tuned_index=0.4).kept == "base"


def test_an_unrelated_project_gives_no_gain():
    """There both models are alike but for noise: at 90 % five of a hundred look better all the same."""
    alike = dict.fromkeys(("base", "base_index", "tuned", "tuned_index"), 0.3)
    kept = [judge(list(items(seed=seed, lines=60, **alike))).kept for seed in range(20)]
    assert kept.count("base") >= 16
    worse = alike | {"tuned": 0.27, "tuned_index": 0.27}
    kept = [judge(list(items(seed=seed, lines=60, **worse))).is_tuned for seed in range(10)]
    assert not any(kept)


def test_neighbours_are_alike_and_prove_no_more_than_one():
    """Lines that are typed in a row are right or wrong together."""
    alike = dict.fromkeys(("base", "base_index"), 0.3)
    kept = [judge(list(items(seed=seed, lines=96, run=8, **alike))).kept for seed in range(40)]
    assert kept.count("base") >= 34
    assert judge(list(items(lines=96, run=8, base=0.2, base_index=0.6))).kept == "base + index"


@pytest.mark.parametrize("lines", [1, 2, 4])
def test_few_lines_prove_nothing(lines):
    found = judge(list(items(lines=lines, base=0.1, base_index=0.9)))
    assert found.index.paired.difference.low > 0  # all of them are better
    assert found.kept == "base"
    assert judge(list(items(lines=32, run=8, base=0.1, base_index=0.9))).kept == "base"
    same = [
        Item(name, "file:1", "file", (ALL,), {"keys saved": (9, 30)})
        for name in ("base", "base + index")
    ]
    assert judge(same).kept == "base"


def test_only_lines_that_all_typed_count():
    found = [*items(base=0.3, base_index=0.3), *items(lines=50, tuned=0.6, tuned_index=0.6)]
    shared = in_common(found)
    assert {item.item for item in shared} == {f"file:{n}" for n in range(50)}
    assert judge(shared).index.items == 50


@pytest.mark.parametrize("systems", [("base",), ("base", "base_index")])
def test_with_nothing_left_out_nothing_is_lost(systems):
    found = list(items(**dict.fromkeys(systems, 0.3)))
    assert in_common(found) == found
