"""The tables: every language in them is known, and what one does not say is the default."""

import tomllib
from importlib import resources

import pytest

from codekiln.corpus.filters.bounds import bounds
from codekiln.corpus.filters.names import generated_name, minified_name, vendored
from codekiln.languages import languages

TABLES = tomllib.loads(
    resources.files("codekiln.corpus.filters").joinpath("bounds.toml").read_text(encoding="utf-8")
)


def test_every_table_is_of_a_language():
    assert set(TABLES) - {"default"} <= set(languages())


def test_a_language_has_its_own_bounds_over_the_default_ones():
    assert bounds("python").errors == TABLES["python"]["errors"] != bounds("").errors
    assert (
        bounds("python").comments == bounds("no language").comments == TABLES["default"]["comments"]
    )
    assert bounds("json").characters == (50, 5000)


@pytest.mark.parametrize("language", languages())
def test_shares_are_shares(language):
    found = bounds(language)
    for share in (found.alphanumeric, found.alphabetic, found.digits, found.comments, found.errors):
        assert 0 <= share <= 1
    assert found.characters[0] < found.characters[1]


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        (vendored, "src/node_modules/a/b.js", "vendored"),
        (vendored, "src/Third_Party/b.c", "vendored"),
        (vendored, "lib/jquery-3.7.1.js", "vendored"),
        (vendored, "gradlew", "vendored"),
        (vendored, "src/vendor.py", "kept"),
        (vendored, "src/vendoring/b.py", "kept"),
        (minified_name, "a/app.min.js", "minified"),
        (minified_name, "a/admin.js", "kept"),
        (generated_name, "a/api_pb2.py", "generated"),
        (generated_name, "a/API.pb.go", "generated"),
        (generated_name, "a/__generated__/x.ts", "generated"),
        (generated_name, "a/generated.py", "kept"),
    ],
)
def test_names_that_tell(verdict, rule, path, expected):
    assert verdict(rule, path, "") == expected
