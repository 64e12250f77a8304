"""Training runs where only torch and what it needs, numpy, tokenizers and safetensors are installed."""

import subprocess
import sys

ALLOWED = {"torch", "numpy", "tokenizers", "safetensors"}
OF_TORCH = {
    "filelock",
    "fsspec",
    "jinja2",
    "markupsafe",
    "mpmath",
    "networkx",
    "setuptools",
    "sympy",
}
OF_TORCH |= {"pyzstd", "zstandard"}  # looked for, and done without
OF_TORCH |= {"typing_extensions", "triton", "torchgen", "functorch", "yaml", "psutil"}

PROGRAM = """
import sys
allowed = set(sys.argv[1].split(","))

class Bare:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | allowed and not top.startswith("_"):
            raise ModuleNotFoundError(f"{name} is not on a bare machine")

sys.meta_path.insert(0, Bare())
import codekiln.training.__main__
import codekiln.training.loop
import codekiln.model.encoder
import codekiln.generate.torch_engine
assert "codekiln.corpus" not in sys.modules
"""


def imported(allowed):
    command = [sys.executable, "-c", PROGRAM, ",".join(allowed | {"codekiln"})]
    return subprocess.run(command, capture_output=True, text=True)


def test_training_imports_nothing_else():
    found = imported(ALLOWED | OF_TORCH)
    assert found.returncode == 0, found.stderr


def test_the_check_sees_what_is_missing():
    assert "safetensors is not" in imported((ALLOWED - {"safetensors"}) | OF_TORCH).stderr
