"""Results: what was found comes back as it was, makes one table, and is compared pair by pair."""

import json
from dataclasses import replace

import pytest

from codekiln.artifact import Stage, produce
from codekiln.errors import ArtifactError, UsageError
from codekiln.evaluate.results import (
    STAGE_NAME,
    Facts,
    Item,
    compare,
    named,
    only_system,
    open_results,
    overlap,
    plain,
    table,
    write_results,
)

FACTS = Facts("test", "tiny 01234567", "small", "abcdef", 3)


def item(system, number, right, strata=("all",), group="file"):
    figures = {"exact": (float(right), 1.0), "completed": (3.0 * right, 10.0)}
    return Item(system, f"line {number}", group, strata, figures, {"milliseconds": [number, 1.0]})


ITEMS = [
    item("model", 0, 0),
    item("index", 0, 1),
    item("model", 1, 1, ("all", "new"), "other"),
    item("index", 1, 1, ("all", "new"), "other"),
    item("model", 2, 0),
    item("index", 2, 1),
]


@pytest.fixture
def results(tmp_path):
    stage = Stage(STAGE_NAME, 1, lambda _config, _inputs, out: write_results(out, ITEMS, FACTS))
    return produce(stage, {}, {}, tmp_path, "test")


def test_what_was_written_comes_back(results):
    artifact, items = open_results(results.path)
    assert items == ITEMS
    statistics = artifact.statistics
    assert [statistics[name] for name in ("evaluation", "model", "recipe", "commit", "seed")] == [
        "test",
        "tiny 01234567",
        "small",
        "abcdef",
        3,
    ]
    assert statistics["table"] == [plain(row) for row in table(items, 3)]
    json.dumps(statistics)


def test_results_that_were_altered_are_refused(results):
    path = results.file("items.jsonl")
    path.write_text(path.read_text().replace("1.0", "0.0", 1))
    with pytest.raises(ArtifactError, match="damaged"):
        open_results(results.path)


def test_a_table_has_sums_by_stratum_and_system():
    rows = table(ITEMS)
    assert [(row.stratum, row.system, row.items) for row in rows] == [
        ("all", "model", 3),
        ("all", "index", 3),
        ("new", "model", 1),
        ("new", "index", 1),
    ]
    model = rows[0]
    assert model.figures["exact"].value == pytest.approx(1 / 3)
    assert model.figures["completed"].value == pytest.approx(3 / 30)
    assert model.percentiles["milliseconds"] == pytest.approx((1.0, 1.75))
    assert model.drawn_by == "item"  # there are two groups alone


def test_with_enough_groups_these_are_drawn():
    many = [item("model", n, n % 2, group=f"file {n // 2}") for n in range(40)]
    assert [row.drawn_by for row in table(many)] == ["group"]


def test_neighbours_are_drawn_together_where_groups_are_few():
    def lines(system, right):
        return [replace(item(system, n, right), run=f"run {n // 8}") for n in range(40)]

    ours, theirs = lines("index", 1), lines("model", 0)
    assert [row.drawn_by for row in table(ours)] == ["run"]
    found = compare(ours, theirs)
    assert {one.drawn_by for one in found} == {"run"}
    assert found[0].paired.chance == 1 / 16
    assert compare(ours, theirs, by="item")[0].paired.chance < 1e-9
    assert compare(ours, theirs, by="group")[0].paired.chance == 1
    with pytest.raises(UsageError, match="know no runs"):
        compare(ITEMS[1:2], ITEMS[:1], by="run")


def test_a_comparison_is_of_items_that_both_have():
    first = only_system(ITEMS, "index", "results")
    second = [*only_system(ITEMS, "model", "results")[:2], item("model", 9, 1)]
    found = {(one.stratum, one.figure): one for one in compare(first, second)}
    both = found["all", "exact"]
    assert (both.items, both.first, both.second) == (2, 1.0, 0.5)
    assert both.paired.difference.value == pytest.approx(0.5)
    assert both.paired.ratio.value == pytest.approx(2)
    assert found["new", "exact"].items == 1
    assert set(found) == {(s, f) for s in ("all", "new") for f in ("exact", "completed")}


def test_a_part_of_one_table_alone_is_no_part_of_the_comparison():
    first = [item("index", n, 1, ("all 4", "python")) for n in range(4)]
    second = [item("model", n, 0, ("2 of 4, evenly spread", "python")) for n in (0, 2)]
    second.append(item("model", 9, 0, ("2 of 4, evenly spread", "go")))
    assert {(one.stratum, one.items) for one in compare(first, second)} == {("python", 2)}
    assert overlap(first, second) == (2, 2, 1)
    second[0] = replace(second[0], strata=("2 of 4, evenly spread", "go"))
    found = compare(first, second)
    assert {(one.stratum, one.items) for one in found} == {("in both", 2), ("python", 1)}
    assert found[0].stratum == "in both"


def test_the_name_of_an_item_is_of_its_place_and_of_what_stands_there():
    assert named("a.py", "x = 1") == named("a.py", "x = 1")
    others = {named("a.py", "x = 1"), named("a.py", "x = 2"), named("b.py", "x = 1")}
    assert len(others | {named("a.py", "x =", " 1")}) == 4


def test_results_of_other_data_are_not_compared():
    with pytest.raises(UsageError, match="no item in common"):
        compare(ITEMS[:1], [item("index", 7, 1)])


def test_the_system_must_be_said_where_there_are_several():
    assert only_system(ITEMS[:1], None, "results") == ITEMS[:1]
    with pytest.raises(UsageError, match="2 systems: choose one of model, index"):
        only_system(ITEMS, None, "results")
    with pytest.raises(UsageError, match="no system 'bert'"):
        only_system(ITEMS, "bert", "results")


def test_no_number_is_null_in_json():
    rows = table([Item("model", "one", "one", ("all",), {"exact": (0.0, 0.0)})])
    assert plain(rows[0])["figures"]["exact"] == {"value": None, "low": None, "high": None}
