"""`codekiln run` on what cannot be run: told at once, and nothing is left that could be taken for whole."""

import json

import pytest

from cli.refusals import assert_refused, assert_refused_as_json

BUDGET = ("--set", "model.tokens=1000")


@pytest.fixture
def run(codekiln, tmp_path):
    """Runs a recipe on `tmp_path / "code"` and makes sure that no corpus and nothing after it is left."""

    def give(*arguments, text=None):
        sources = json.dumps([f"own:{tmp_path / 'code'}"])
        recipe = tmp_path / "recipe.toml"
        if text != "":
            recipe.write_text(text or f"[corpus]\nsources = {sources}\n[model]\n")
        work = tmp_path / "work"
        result = codekiln("run", recipe, "--work", work, *BUDGET, *arguments)
        assert {path.parts[-3] for path in work.rglob("manifest.json")} <= {"source"}
        return result

    return give


@pytest.fixture
def code(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("print('one')\n")
    (tmp_path / "code" / "b.py").write_text("print('two')\n")
    return tmp_path / "code"


def test_a_missing_folder(run, tmp_path):
    assert_refused(run(), 2, f"There is no folder {tmp_path / 'code'}", "give the path")


def test_an_empty_folder(run, tmp_path):
    (tmp_path / "code").mkdir()
    assert_refused(run(), 2, "is empty: give one that holds code")


def test_a_folder_without_code(run, tmp_path):
    (tmp_path / "code").mkdir()
    for number in range(3):
        (tmp_path / "code" / f"{number}.bin").write_bytes(bytes(range(256)))
    for _ in range(2):  # what the first left behind is not taken for whole
        result = run()
        said = [line for line in result.err.splitlines() if line.startswith("codekiln: ")]
        assert len(said) == 1
        assert "Found 3 files but none is code" in said[0]
        assert (result.code, result.out) == (1, "")
        assert "Traceback" not in result.err


def test_one_module_alone(run, code):
    (code / "b.py").unlink()
    result = run()
    assert result.code == 1
    assert "add a second file or another source" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[model]\ndepht = 2\n", ["Unknown key 'model.depht'", "did you mean 'depth'?"]),
        ("[modle]\n", ["Unknown key 'modle'", "did you mean 'model'?"]),
        ("[model]\ndepth = 'two'\n", ["'model.depth' must be of type int", "'two'"]),
        ("[model]\ndepth = 0\n", ["'model.depth' must be 1 to 128, not 0"]),
        ("[model]\nprecision = 'fp8'\n", ["must be one of auto, bf16, fp32"]),
        ("[[model]]\n", ["model is not a table"]),
    ],
)
@pytest.mark.usefixtures("code")
def test_a_recipe_with_a_mistake(run, table, words, tmp_path):
    sources = f"[corpus]\nsources = [{json.dumps(str(tmp_path / 'code'))}]\n"
    assert_refused(run(text=sources + table), 2, *words)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("nonsense", ["--set 'nonsense'", "stage.field=value"]),
        ("=3", ["stage.field=value"]),
        ("a.b.c=3", ["stage.field=value"]),
        ("model.nothing=3", ["Unknown key 'model.nothing'"]),
        ("model.depth=", ["'model.depth' must be of type int"]),
        ("model.depth=two", ["'model.depth' must be of type int", "'two'"]),
        ("corpus.kinds=['cod']", ["did you mean 'code'?"]),
        ("name=../escape", ["'name'", "letters, digits"]),
    ],
)
@pytest.mark.usefixtures("code")
def test_a_setting_with_a_mistake(run, setting, words):
    assert_refused(run("--set", setting), 2, *words)


@pytest.mark.parametrize("content", [b"[corpus\n", b"a = \xff\n", b"\0", b"x = 1\nx = 2\n"])
def test_a_recipe_that_is_no_toml(codekiln, tmp_path, content):
    recipe = tmp_path / "recipe.toml"
    recipe.write_bytes(content)
    assert_refused(codekiln("run", recipe, "--work", tmp_path / "w"), 2, "is not valid TOML")
    assert not (tmp_path / "w").exists()


def test_a_recipe_that_cannot_be_read(codekiln, tmp_path):
    assert_refused(codekiln("run", tmp_path / "none.toml"), 2, "There is no recipe")
    assert_refused(codekiln("run", tmp_path), 2, "is a folder")
    (tmp_path / "file").write_text("")
    assert_refused(codekiln("run", tmp_path / "file" / "r.toml"), 2, "recipe")
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    assert_refused(codekiln("run", loop), 2, "recipe")


@pytest.mark.usefixtures("code")
def test_a_work_folder_that_is_a_file(codekiln, tmp_path):
    recipe, work = tmp_path / "recipe.toml", tmp_path / "work"
    work.write_text("")
    recipe.write_text(f"[corpus]\nsources = [{json.dumps(str(tmp_path / 'code'))}]\n[model]\n")
    assert_refused(codekiln("run", recipe, "--work", work), 2, "is not a folder: give another")


def test_an_error_is_json_where_that_was_asked_for(run, tmp_path):
    result = run("--json")
    assert_refused_as_json(result, 2, "SourceError", f"There is no folder {tmp_path / 'code'}")
    assert len(result.err.strip().splitlines()) == 1


def test_a_process_of_its_own_refuses_alike(separate, tmp_path):
    result = separate("run", tmp_path / "none.toml")
    assert_refused(result, 2, "There is no recipe")
