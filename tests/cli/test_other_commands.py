"""`inspect`, `doctor`, `recipe`, `--version`, `--help`, and wrong usage of the command itself."""

import tomllib

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln import __version__
from codekiln.pipeline.doctor import diagnose
from codekiln.pipeline.recipe import read_recipe


@pytest.mark.slow
def test_inspect_tells_what_the_manifest_says(finished, codekiln):
    found = codekiln("inspect", finished.model, "--json")
    assert found.code == 0
    assert found.json["stage"] == "model"
    assert found.json["config"]["tokens"] == 40960
    assert found.json["statistics"]["parameters"] > 0
    for name, size in found.json["files"].items():
        assert (finished.model / name).stat().st_size == size


@pytest.mark.slow
def test_inspect_speaks_of_every_artifact(finished, codekiln):
    for path in (path for path in finished.work.glob("*/*") if path.is_dir()):
        result = codekiln("inspect", path)
        assert (result.code, result.err) == (0, "")
        assert path.parent.name in result.out
        assert "every file is what was written" in " ".join(result.out.split())


@pytest.mark.slow
def test_inspect_shows_what_was_left_out(finished, codekiln):
    (corpus,) = (path for path in (finished.work / "corpus").iterdir() if path.is_dir())
    found = codekiln("inspect", corpus, "--json").json
    assert set(found["rejections"]) == set(found["statistics"]["rejected"])


def test_doctor_tells_its_findings(codekiln):
    names = [finding.name for finding in diagnose()]
    found = codekiln("doctor", "--json")
    assert found.code == 0
    assert [finding["name"] for finding in found.json["findings"]] == names
    plain = codekiln("doctor")
    assert plain.code == 0
    assert all(name in plain.out for name in names)


def test_doctor_speaks_to_a_terminal_of_ascii(separate):
    result = separate("doctor", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.code == 0
    assert "Traceback" not in result.err
    assert "torch" in result.out


def test_what_recipe_prints_is_a_recipe(codekiln, tmp_path):
    """Every line of it can stay as it is, but for the sources, which have no default."""
    result = codekiln("recipe")
    assert result.code == 0
    assert "sources" not in tomllib.loads(result.out)["corpus"]
    path = tmp_path / "recipe.toml"
    path.write_text(result.out)
    found = read_recipe(path, ["corpus.sources=['x']"])
    path.write_text("[corpus]\nsources = ['x']\n[model]\n")
    assert found == read_recipe(path)


def test_recipe_as_json_has_a_meaning_for_every_setting(codekiln):
    settings = codekiln("recipe", "--json").json["settings"]
    assert ("model", "depth") in {(one["stage"], one["name"]) for one in settings}
    assert all(one["help"] for one in settings)


def test_version_and_help(codekiln):
    assert __version__ in codekiln("--version").out
    found = codekiln("--help")
    assert found.code == 0
    for command in ("run", "complete", "index", "inspect", "doctor", "recipe"):
        assert command in found.out
        assert codekiln(command, "--help").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["bake"],
        ["run"],
        ["run", "recipe.toml", "--sett", "a=b"],
        ["complete", "--engine", "other"],
        ["index", "bake"],
        ["complete", "--model", "m", "--line", "two"],
        ["inspect"],
    ],
)
def test_wrong_usage(codekiln, arguments):
    assert_refused(codekiln(*arguments), 2, "--help")
    assert_refused_as_json(codekiln(*arguments, "--json"), 2, "UsageError", "--help")


def test_no_command_at_all_gets_the_help(codekiln):
    result = codekiln()
    assert result.code == 2
    for command in ("run", "complete", "index", "inspect", "doctor", "recipe"):
        assert command in result.out + result.err


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_an_interrupt_is_told(codekiln, monkeypatch, as_json):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("codekiln.pipeline.doctor.diagnose", interrupted)
    result = codekiln("doctor", *as_json)
    assert result.code == 130
    assert "codekiln: Stopped. The same command goes on from here." in result.err
    assert "Traceback" not in result.err
    if as_json:
        assert result.json["error"]["type"] == "Interrupted"
