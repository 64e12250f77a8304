"""The house is as it is described: folders, catalogues, and what works without the extra `train`."""

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import codekiln

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "codekiln"
PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py"))

# The modules of an extra are made unimportable, then the rest of the program runs.
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        absent = name.partition(".")[0] in {modules}
        return None if absent else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""
TRAIN = ("torch", "matplotlib")
CORPUS = ("daft", "pyarrow", "pypi_simple")
SERVERS, GRAMMAR = ("httpx",), ("llguidance",)
EXTRAS = TRAIN + CORPUS + SERVERS + GRAMMAR


def house() -> list[str]:
    """The paths of the tree in the README, under "The house"."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^## The house\n.*?^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert found, "README.md has a code block under '## The house'"
    return [re.split(r"\s{2,}", line.strip())[0] for line in found[1].splitlines() if line.strip()]


def test_every_folder_in_the_readme_exists():
    listed = house()
    assert len(listed) == len(set(listed)) > 10
    for name in listed:
        path = ROOT / name
        assert path.is_dir() if name.endswith("/") else path.is_file(), name


def test_every_room_is_in_the_readme():
    rooms = {f"{path.relative_to(ROOT).as_posix()}/" for path in PACKAGES}
    modules = {path.relative_to(ROOT).as_posix() for path in SOURCE.glob("[!_]*.py")}
    assert len(rooms) > 8
    assert rooms | modules <= set(house())


def test_the_readme_lists_the_layers_in_their_order():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    height = {room: -n for n, layer in enumerate(layers) for room in layer.split(" : ")}
    heights = [height[Path(name).stem] for name in house() if is_room(name)]
    assert heights == sorted(heights)
    assert len(heights) == len(height)


def is_room(name: str) -> bool:
    return Path(name).parent == Path("src/codekiln") and name != "src/codekiln/starter/"  # no code


def catalogue(package: Path) -> ast.Module:
    return ast.parse((package / "__init__.py").read_text(encoding="utf-8"))


def name_of(package: Path) -> str:
    return ".".join(package.relative_to(SOURCE.parent).parts)


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_every_catalogue_is_whole_and_in_order(package):
    module = importlib.import_module(name_of(package))
    if not hasattr(module, "__all__"):
        assert not [node for node in ast.walk(catalogue(package)) if is_catalogue_import(node)]
        return
    for name in module.__all__:
        assert getattr(module, name) is not None
    # Constants, then classes, then functions, each by name.
    rank = [(not n.isupper(), n[0].islower(), n) for n in module.__all__]
    assert rank == sorted(rank)
    imported = [
        alias.asname or alias.name
        for node in ast.walk(catalogue(package))
        if is_catalogue_import(node)
        for alias in node.names
    ]
    assert sorted(imported) == sorted(module.__all__)


def is_catalogue_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("codekiln")


def test_every_file_says_what_lives_there():
    for path in SOURCE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def without(
    modules: tuple[str, ...], program: str, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(modules=modules) + program, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def command(
    modules: tuple[str, ...], *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess:
    return without(modules, "from codekiln.cli import main; main()", *arguments, stdin=stdin)


def test_the_rooms_that_need_no_torch_import_none():
    rooms = [
        "corpus",
        "tokenizer",
        "inputs",
        "index",
        "index.folder",
        "index.provenance",
        "index.stage",
        "tasks",
        "generate",
        "generate.engine_completer",
        "generate.loading",
        "generate.servers",
        "generate.verify",
        "evaluate",
        "apps.complete",
        "apps.suggest",
        "pipeline.doctor",
        "pipeline.inspect",
        "cli",
    ]
    imports = "".join(f"import codekiln.{room}\n" for room in rooms)
    done = without(TRAIN, imports + "print(*(name for name in sys.modules if '.' not in name))")
    assert done.returncode == 0, done.stderr
    assert not {"torch", "matplotlib"} & set(done.stdout.split())


def test_torch_is_really_out_of_reach_there():
    done = without(TRAIN, "import torch")
    assert "No module named 'torch'" in done.stderr


@pytest.mark.parametrize("missing", [TRAIN, TRAIN + CORPUS], ids=["train", "both"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], "Usage"),
        (["--version"], codekiln.__version__),
        (["doctor"], "Python"),
        (["doctor", "--json"], '"findings"'),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_without_the_extras_the_commands_that_need_none_work(missing, arguments, expected):
    done = command(missing, *arguments)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_without_any_extra_a_model_completes(tmp_path):
    """What `pip install codekiln` is for: with OpenVINO, and with the index of a folder."""
    code, work = tmp_path / "code", tmp_path / "work"
    code.mkdir()
    line = "    return sum(price * weight for price, weight in zip(prices, weights))"
    (code / "sums.py").write_text(f"def total(prices, weights):\n{line}\n", encoding="utf-8")
    typed = f"def total(prices, weights):\n{line[:25]}"
    more = ["--path", "a.py", "--index", str(code), "--work", str(work), "--json"]
    done = command(EXTRAS, "complete", *more, stdin=typed)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["state"] == "verified"
    assert line[:25] + found["text"][:20] == line[:45]
    assert found["passages"][0]["places"][0]["path"] == "sums.py"


def test_without_torch_the_settings_are_listed():
    done = command(TRAIN, "recipe", "--json")
    assert done.returncode == 0, done.stderr
    assert '"settings"' in done.stdout


def test_without_torch_the_starter_completes(tmp_path):
    source = tmp_path / "prefix"
    source.write_text("import numpy as np\nimport pandas as", encoding="utf-8")
    options = ["--model", "starter", "--max-tokens", "1", "--path", "code.py"]
    done = command(TRAIN, "complete", *options, "--prefix-file", str(source))
    assert done.returncode == 0, done.stderr
    assert "pd" in done.stdout


@pytest.mark.parametrize(
    ("extra", "missing", "arguments"),
    [
        ("train", TRAIN, ["run", str(ROOT / "recipes" / "tiny.toml")]),
        ("train", TRAIN, ["complete", "--engine", "torch"]),
        ("corpus", CORPUS, ["corpus", "build", str(ROOT / "recipes" / "tiny.toml")]),
        ("corpus", CORPUS, ["corpus", "inspect", "nowhere"]),
        ("corpus", CORPUS, ["recipe"]),
        ("ray", ("ray",), ["corpus", "build", "RECIPE", "--runner", "ray"]),
        ("corpus", CORPUS, ["index", "build", "nowhere"]),
        ("corpus", CORPUS, ["tasks", "build", str(ROOT / "recipes" / "tasks.toml")]),
        ("corpus", CORPUS, ["tasks", "show", "nowhere"]),
        ("corpus", CORPUS, ["eval", "fix", "nowhere"]),
        ("corpus", CORPUS, ["adapt", str(ROOT / "src" / "codekiln" / "apps")]),
        ("train", TRAIN, ["tune", "nowhere"]),
        ("servers", SERVERS, ["complete", "--server", "http://localhost:9"]),
        ("grammar", GRAMMAR, ["complete", "--schema", "SCHEMA"]),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_without_an_extra_the_others_say_how_to_get_it(extra, missing, arguments, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[corpus]\nsources = ['own:.']\n", encoding="utf-8")
    schema = tmp_path / "schema.json"
    schema.write_text("{}", encoding="utf-8")
    files = {"RECIPE": str(recipe), "SCHEMA": str(schema)}
    arguments = [files.get(argument, argument) for argument in arguments]
    work = ["--work", str(tmp_path / "work")] if {"run", "build"} & set(arguments) else []
    done = command(missing, *arguments, *work)
    assert done.returncode == 1
    assert f"pip install 'codekiln[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not list((tmp_path / "work").rglob("manifest.json"))
