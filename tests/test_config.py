"""Recipes: what is accepted, what is refused and what the refusal says."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from codekiln.config import override, parse, read_toml, setting
from codekiln.errors import RecipeError, UsageError


@dataclass(frozen=True)
class Inner:
    rate: float = setting(0.5, "a share", check="0..1")
    order: Literal["psm", "spm"] = setting("psm", "an order")


@dataclass(frozen=True)
class Outer:
    sources: tuple[str, ...] = setting((), "names")
    depth: int = setting(4, "layers", check="1..128")
    steps: int = setting(1, "steps", check="> 0")
    seed: int = setting(0, "a seed", check=">= 0")
    quiet: bool = setting(False, "say nothing")
    limit: int | None = setting(None, "at most", check="> 0")
    name: str = setting("x", "a name")
    inner: Inner = field(default_factory=Inner)


@dataclass(frozen=True)
class Needy:
    needed: str
    inner: Inner = field(default_factory=Inner)


def test_an_empty_table_gives_the_defaults():
    assert parse(Outer, {}) == Outer()


def test_every_kind_of_value_is_taken_over():
    table = {
        "sources": ["a", "b"],
        "depth": 128,
        "steps": 1,
        "seed": 0,
        "quiet": True,
        "limit": 7,
        "name": "y",
        "inner": {"rate": 0.25, "order": "spm"},
    }
    expected = Outer(("a", "b"), 128, 1, 0, True, 7, "y", Inner(0.25, "spm"))
    assert parse(Outer, table) == expected


def test_an_int_will_do_for_a_float_and_a_scalar_for_a_tuple():
    found = parse(Outer, {"sources": "a", "inner": {"rate": 1}})
    assert found.sources == ("a",)
    assert (found.inner.rate, type(found.inner.rate)) == (1.0, float)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"dept": 3}, "Unknown key 'dept': did you mean 'depth'"),
        ({"inner": {"rat": 1}}, r"Unknown key 'inner\.rat': did you mean 'rate'"),
        ({"zzzzzz": 3}, "Unknown key 'zzzzzz': known are sources, depth, steps"),
        ({"depth": "4"}, "'depth' must be of type int, not '4'"),
        ({"depth": True}, "'depth' must be of type int, not True"),
        ({"depth": 4.0}, r"'depth' must be of type int, not 4\.0"),
        ({"quiet": 1}, "'quiet' must be of type bool, not 1"),
        ({"name": 3}, "'name' must be of type str, not 3"),
        ({"inner": {"rate": "0.5"}}, r"'inner\.rate' must be of type float"),
        ({"inner": {"rate": True}}, r"'inner\.rate' must be of type float"),
        ({"limit": "7"}, "'limit' must be of type int, not '7'"),
        ({"sources": ["a", 3]}, "'sources' must be of type str, not 3"),
        ({"sources": 3}, "'sources' must be of type str, not 3"),
        ({"sources": [["a"]]}, "'sources' must be of type str"),
        ({"depth": 0}, "'depth' must be 1 to 128, not 0"),
        ({"depth": 129}, "'depth' must be 1 to 128, not 129"),
        ({"steps": 0}, "'steps' must be > 0, not 0"),
        ({"seed": -1}, "'seed' must be >= 0, not -1"),
        ({"limit": 0}, "'limit' must be > 0, not 0"),
        ({"inner": {"rate": 1.01}}, r"'inner\.rate' must be 0 to 1, not 1\.01"),
        ({"inner": {"rate": float("nan")}}, r"'inner\.rate' must be 0 to 1"),
        ({"inner": {"order": "pms"}}, r"'inner\.order' must be one of psm, spm: 'pms'"),
        ({"inner": 3}, "'inner' must be a table of settings, not 3"),
    ],
)
def test_what_is_wrong_is_named(table, message):
    with pytest.raises(RecipeError, match=message):
        parse(Outer, table)


def test_what_is_missing_is_named():
    with pytest.raises(RecipeError, match=r"lacks 'needed': add it"):
        parse(Needy, {})
    with pytest.raises(RecipeError, match=r"lacks 'stage\.needed': add it"):
        parse(Needy, {}, "stage")
    assert parse(Needy, {"needed": "x"}).needed == "x"


def test_settings_are_immutable():
    for default in ([], {}):
        with pytest.raises(TypeError, match="use a tuple"):
            setting(default, "help")


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("inner.rate=0.75", {"inner": {"rate": 0.75, "order": "psm"}}),
        ("inner.order = spm", {"inner": {"rate": 0.5, "order": "spm"}}),
        ('inner.order="spm"', {"inner": {"rate": 0.5, "order": "spm"}}),
        ("name=plain text", {"name": "plain text"}),
        ("name=a=b", {"name": "a=b"}),
        ("name=", {"name": ""}),
        ("name=/a/path.py", {"name": "/a/path.py"}),
        ("depth=8", {"depth": 8}),
        ("quiet=true", {"quiet": True}),
        ('corpus.sources=["a", "b"]', {"corpus": {"sources": ["a", "b"]}}),
        ("corpus.sources=git:.@HEAD", {"corpus": {"sources": "git:.@HEAD"}}),
    ],
)
def test_an_override_is_toml_or_else_text(assignment, expected):
    tables = {"inner": {"rate": 0.5, "order": "psm"}, "depth": 4}
    found = override(tables, [assignment])
    assert found == tables | expected
    assert tables == {"inner": {"rate": 0.5, "order": "psm"}, "depth": 4}


def test_the_last_override_counts():
    assert override({}, ["a.b=1", "a.c=2", "a.b=3"]) == {"a": {"b": 3, "c": 2}}


@pytest.mark.parametrize("assignment", ["depth", "", "=3", "a.=3", "a.b.c=3"])
def test_what_is_no_override_is_refused(assignment):
    with pytest.raises(RecipeError, match=r"is not of the form stage\.field=value"):
        override({}, [assignment])


def test_an_override_into_what_is_no_table_is_refused():
    with pytest.raises(RecipeError, match="depth is not a table of the recipe"):
        override({"depth": 4}, ["depth.x=3"])


def test_a_recipe_is_read(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('name = "ü"\n[inner]\nrate = 1\n', encoding="utf-8")
    assert read_toml(path) == {"name": "ü", "inner": {"rate": 1}}


@pytest.mark.parametrize(
    "content", [b"name = \n", b"[inner\n", b"a = 1\na = 2\n", b'name = "\xff"\n', b"\0"]
)
def test_what_is_no_toml_is_refused(tmp_path, content):
    path = tmp_path / "r.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"r\.toml is not valid TOML .*: mend that line"):
        read_toml(path)


def test_a_recipe_that_cannot_be_opened_is_wrong_usage(tmp_path):
    (tmp_path / "file").write_text("a = 1\n")
    for path, message in (
        (tmp_path / "no.toml", r"There is no recipe .*no\.toml: give the path of a TOML file"),
        (tmp_path / "file" / "no.toml", "There is no recipe .*: give the path of a TOML file"),
        (tmp_path, "is a folder: give the path of a TOML file"),
    ):
        with pytest.raises(RecipeError, match=message) as caught:
            read_toml(path)
        assert isinstance(caught.value, UsageError)
        assert caught.value.exit_code == 2
