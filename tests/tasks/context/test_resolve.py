"""Resolving names: Python's as its own import system does, others by hand."""

import subprocess
import sys

import pytest

from codekiln.languages import languages
from codekiln.tasks.context import WorkingFolder
from codekiln.tasks.context.imports import imports
from codekiln.tasks.context.resolve import FILES, LOOKS, Search

PACKAGE = {
    "src/shop/__init__.py": "from shop.basket import Basket as Cart\nfrom .prices import *\n",
    "src/shop/basket.py": "class Basket:\n    pass\n",
    "src/shop/prices.py": "import shop.deep.inner\ndef price(): pass\n",
    "src/shop/deep/__init__.py": "",
    "src/shop/deep/inner.py": "from ..basket import Basket\ndef inner(): pass\n",
    "src/shop/types.py": "def wrong(): pass\n",
    "tests/helpers.py": "def helper(): pass\n",
}
USES = [
    ("src/shop/main.py", "from shop import Cart", "Cart"),
    ("src/shop/main.py", "import shop", "shop.Cart"),
    ("src/shop/main.py", "import shop as s", "s.price"),
    ("src/shop/main.py", "import shop.deep.inner", "shop.deep.inner.inner"),
    ("src/shop/main.py", "import shop.deep.inner as i", "i.Basket"),
    ("src/shop/main.py", "from shop.deep import inner", "inner.inner"),
    ("src/shop/main.py", "from shop.prices import (\n    price as p,  # one\n)", "p"),
    ("src/shop/main.py", "from . import prices", "prices.price"),
    ("src/shop/main.py", "from .deep.inner import inner as i", "i"),
    ("src/shop/deep/main.py", "from .. import basket", "basket.Basket"),
    ("src/shop/deep/main.py", "from ..prices import *", "price"),
    ("tests/main.py", "from shop.basket import Basket", "Basket"),
    ("tests/main.py", "from helpers import helper", "helper"),
]


def written(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def found(root, path, text, name, language="python"):
    bound = imports(languages()[language], text)
    search = Search(WorkingFolder(root))
    return search.find(path, languages()[language], bound, tuple(name.split("."))), search


def test_python_agrees_with_its_import_system(tmp_path):
    written(tmp_path, PACKAGE)
    for path, _, _ in USES:
        (tmp_path / path).touch()
    answers = []
    for path, statement, name in USES:
        module = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        code = f"__package__ = {module.rpartition('.')[0]!r}\n{statement}\n"
        code += f"print({name}.__module__, {name}.__qualname__)"
        answers.append(f"exec({code!r}, {{}})")
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(answers)],
        env={"PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    for (path, statement, name), answer in zip(USES, run.stdout.splitlines(), strict=True):
        module, _, own = answer.partition(" ")
        definition, _ = found(tmp_path, path, statement, name)
        assert definition is not None, statement
        place = definition.path.removeprefix("src/").removeprefix("tests/").removesuffix(".py")
        assert (place.replace("/", "."), definition.name) == (module, own), statement


def test_a_folder_that_is_itself_a_package(tmp_path):
    written(tmp_path, {"__init__.py": "def top(): pass\n", "near.py": "def near(): pass\n"})
    for statement, name in (("from . import top", "top"), ("from .near import near", "near")):
        assert found(tmp_path, "main.py", statement, name)[0].name == name
        assert found(tmp_path, "deep/main.py", statement, name)[0] is None
        above = statement.replace(" .", " ..")
        assert found(tmp_path, "deep/main.py", above, name)[0].name == name
        assert found(tmp_path, "main.py", above, name)[0] is None


def test_a_module_of_the_library_is_not_taken_for_a_neighbour(tmp_path):
    written(tmp_path, PACKAGE)
    assert found(tmp_path, "src/shop/main.py", "from types import wrong", "wrong")[0] is None
    assert found(tmp_path, "src/shop/main.py", "from shop.types import wrong", "wrong")[0]
    assert found(tmp_path, "src/shop/main.py", "import os, shop.no", "os.path.join")[0] is None


@pytest.mark.parametrize(
    ("statement", "name", "path"),
    [
        ("import { one } from './lib';", "one", "web/lib/index.ts"),
        ("import { one as two } from './lib/index';", "two", "web/lib/index.ts"),
        ("import Whole, {\n  one,\n} from './lib';", "Whole", "web/lib/whole.ts"),
        ("import * as lib from './lib'", "lib.one", "web/lib/index.ts"),
        ("import type { Shape } from '../shapes.js'", "Shape", "shapes.ts"),
        ("import { three } from './lib'", "three", "web/lib/more.js"),
        ("const { one: two } = require('./lib');", "two", "web/lib/index.ts"),
        ("const lib = require('./lib');", "lib.one", "web/lib/index.ts"),
        ("import { one } from 'lib';", "one", None),
        ("import { one } from '../../lib';", "one", None),
    ],
)
def test_scripts(tmp_path, statement, name, path):
    root = written(
        tmp_path / "in",
        {
            "web/lib/index.ts": "export function one() {}\nexport * from './more';\n"
            "export { default } from './whole';\n",
            "web/lib/more.js": "export function three() {}\n",
            "web/lib/whole.ts": "export default class Whole {}\n",
            "shapes.ts": "export interface Shape { x: number }\n",
        },
    )
    written(tmp_path, {"lib.ts": "export function one() {}\n"})
    definition, _ = found(root, "web/app.ts", statement, name, "typescript")
    assert (definition.path if definition else None) == path


def test_headers_and_java(tmp_path):
    written(
        tmp_path,
        {
            "src/a.h": '#include "b.h"\n',
            "src/b.h": "int add(int a);\n",
            "include/far/c.h": "int sub(int a);\n",
            "java/org/shop/Cart.java": "package org.shop;\npublic class Cart {}\n",
        },
    )
    text = '#include "a.h"\n#include <stdio.h>\n#include "far/c.h"\n'
    assert found(tmp_path, "src/main.c", text, "add", "c")[0].path == "src/b.h"
    assert found(tmp_path, "src/main.c", text, "sub", "c")[0].path == "include/far/c.h"
    text = "import org.shop.Cart;\n"
    definition, _ = found(tmp_path, "java/org/other/Main.java", text, "Cart", "java")
    assert definition.path == "java/org/shop/Cart.java"


def test_circles_and_long_ways_end(tmp_path):
    rename = "\n".join(f"from b import x{n + 1} as x{n}" for n in range(5000))
    written(tmp_path, {"a.py": rename, "b.py": rename.replace("from b", "from a")})
    assert found(tmp_path, "main.py", "from a import x0", "x0")[0] is None
    written(tmp_path, {"a.py": "from b import *\n", "b.py": "from a import *\n"})
    assert found(tmp_path, "main.py", "from a import *", "x0")[0] is None


def test_the_number_of_files_is_bounded_and_said(tmp_path):
    written(tmp_path, {f"m{n}.py": "" for n in range(FILES + 1)})
    many = "\n".join(f"from m{n} import *" for n in range(FILES + 1))
    _, search = found(tmp_path, "main.py", many, "x")
    assert search.refused == {f"m{FILES}.py": f"{FILES} files were read before it"}
    many = "\n".join(f"from n{n} import *" for n in range(LOOKS))
    _, search = found(tmp_path, "main.py", many, "x")
    assert f"{LOOKS:,} places" in next(iter(search.refused.values()))
    _, search = found(tmp_path, "main.py", "from m0 import x", "x")
    assert search.refused == {}
