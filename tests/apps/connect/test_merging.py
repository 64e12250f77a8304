"""JSON with comments, TOML and YAML: what is put in is there, and all else is as it was."""

import json
import re
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from codekiln.apps.connect.jsonc import parsed, with_member
from codekiln.apps.connect.toml import with_tables
from codekiln.apps.connect.yaml import entry_named, with_entry
from codekiln.errors import SettingsError

NAMES = st.text(st.sampled_from('ab "\\/*漢'), min_size=1, max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just("// no comment") | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
BLANKS = st.sampled_from(["", " ", "\n", "\n  ", " // it's {so}\n", "/* , } */", "\t/**/ "])


def written(draw, value):
    """A value as JSON with comments and trailing commas wherever they may be."""

    def blank():
        return draw(BLANKS)

    if isinstance(value, dict):
        items = [
            f"{blank()}{json.dumps(n)}{blank()}:{blank()}{written(draw, v)}"
            for n, v in value.items()
        ]
        opening, closing = "{}"
    elif isinstance(value, list):
        items = [f"{blank()}{written(draw, v)}" for v in value]
        opening, closing = "[]"
    else:
        return json.dumps(value, ensure_ascii=False)
    comma = "," if items and draw(st.booleans()) else ""
    return opening + f"{blank()},".join(items) + blank() + comma + blank() + closing


def plain(text):
    """Another reading of JSON with comments: strings are kept, comments and last commas go."""
    bare = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', r"\1", text, flags=re.DOTALL)
    return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', r"\1", bare))


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.data())
def test_a_member_is_put_into_any_json_with_comments(value, data):
    text = data.draw(BLANKS) + written(data.draw, value) + data.draw(BLANKS)
    assert parsed(text) == plain(text) == value
    path = data.draw(st.lists(NAMES, min_size=1, max_size=3))
    new = data.draw(VALUES)
    expected = json.loads(json.dumps(value))
    here = expected
    for name in path[:-1]:
        here = here.setdefault(name, {})
        if not isinstance(here, dict):
            with pytest.raises(SettingsError):
                with_member(text, path, new)
            return
    is_new = path[-1] not in here
    here[path[-1]] = new
    found = with_member(text, path, new)
    assert plain(found) == expected
    assert with_member(found, path, new) == found
    if is_new:  # nothing of what was there is gone
        assert _is_within("".join(text.split()), "".join(found.split()))


def _is_within(part, whole):
    """Whether all signs of a text are in another, in their order."""
    rest = iter(whole)
    return all(sign in rest for sign in part)


SETTINGS = """// of mine
{
    // the font
    "editor.fontSize": 14, /* points */
    "files.exclude": { "**/*.pyc": true, },
    "[python]": {"editor.tabSize": 4}  // as ever
}
"""


def test_comments_and_style_stay():
    found = with_member(SETTINGS, ["codekiln.command"], ["codekiln", "lsp"])
    head, tail = SETTINGS.split("{\n", 1)
    expected = '{\n    "codekiln.command": [\n        "codekiln",\n        "lsp"\n    ],\n'
    assert found == head + expected + tail
    deep = with_member(SETTINGS, ["[python]", "editor.tabSize"], 2)
    assert deep == SETTINGS.replace('"editor.tabSize": 4', '"editor.tabSize": 2')


@pytest.mark.parametrize("text", ["", "  \n", "{}", "{\n}\n", "// nothing\n{ // yet\n}\n"])
def test_an_empty_file_gets_an_object(text):
    assert plain(with_member(text, ["a", "b"], 1)) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"a" 1}',
        '{"a": 1 "b": 2}',
        '{"a": 1} x',
        "{'a': 1}",
        '{"a": 1, "a": 2}',
        "[" * 200,
    ],
)
def test_what_is_no_such_json_is_refused(text):
    with pytest.raises(SettingsError):
        with_member(text, ["b"], 1)


TABLES = '[language-server.codekiln]\ncommand = "codekiln"\n\n[[language]]\nname = "go"\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\n",
        "[editor]\nx = 1",
        '[language-server.pylsp]\ncommand = "p"\n',
        '[[language]]\nname = "c"\n',
    ],
)
def test_tables_come_behind_a_toml_file(text):
    found = with_tables(text, TABLES)
    assert found.startswith(text)
    value, old = tomllib.loads(found), tomllib.loads(text)
    assert value["language-server"]["codekiln"] == {"command": "codekiln"}
    assert value["language"] == [*old.get("language", []), {"name": "go"}]
    assert value.get("editor") == old.get("editor")


@pytest.mark.parametrize(
    "text",
    [
        "x = ",
        'language = [{name = "c"}]\n',
        "[language-server]\ncodekiln = {command = 'x'}\n",
        "language = 1\n",
    ],
)
def test_tables_that_do_not_go_with_a_file_are_refused(text):
    with pytest.raises(SettingsError):
        with_tables(text, TABLES)


ENTRY = "name: ours\nroles:\n  - autocomplete\n"
OURS = {"name": "ours", "roles": ["autocomplete"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name: x\n",
        "name: x\nmodels:\n",
        "models: # mine\n  - name: a\n    b: 1\nrules: []\n",
        "models:\n- name: a\n- name: b\nrules:\n- c\n",
        "models:\n\n  # the large one\n    - name: a\nname: x",
        "# models:\nname: 'models: []'\n",
        "name: x\nmodels:\nrules:\n  - a\n",
        "---\nname: x\nmodels:\n  - name: a\n",
    ],
)
def test_an_entry_comes_first_in_a_yaml_list(text):
    found, old = yaml.safe_load(with_entry(text, "models", ENTRY)), yaml.safe_load(text) or {}
    assert found.pop("models") == [OURS, *(old.pop("models", None) or [])]
    assert found == old


@pytest.mark.parametrize(
    "text",
    [
        "models: []\n",
        "models: [{name: a}]\n",
        "models: *all\n",
        "models: |\n  text\n",
        "models:\n  name: a\n",
        "'models':\n  - a\n",
        "{name: x}\n",
        "%YAML 1.2\n---\nname: x\n",
        "name: x\n---\nname: y\n",
    ],
)
def test_a_yaml_list_in_another_style_is_refused(text):
    with pytest.raises(SettingsError):
        with_entry(text, "models", ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "models:\n  - name: ours\n    model: small\n",
        "name: ours\nmodels:\n- provider: x\n- model: small\n  roles:\n    - a: b\n  name: ours\n",
        "models:\r\n  - name: 'ours' # mine\r\n    x:\r\n      model: no\r\n    model: \"sm\\u0061ll\"\r\n",
    ],
)
def test_an_entry_of_a_yaml_list_is_read(text):
    [entry] = [one for one in yaml.safe_load(text)["models"] if one.get("name") == "ours"]
    found = entry_named(text, "ours")
    assert found["model"] == entry["model"] == "small"
    assert set(found) <= set(entry)
    assert entry_named(text, "another") == {}


def test_line_ends_of_windows_stay():
    found = with_member('{\r\n  "a": 1\r\n}\r\n', ["b"], 2)
    assert found.replace("\r\n", "\n") == '{\n  "b": 2,\n  "a": 1\n}\n'
