"""What `pip install codekiln` must be able to do, which brings no extra: serve a model of this machine."""

import subprocess
import sys

import pytest

EXTRAS = (
    "httpx",
    "torch",
    "daft",
    "pyarrow",
    "llguidance",
    "matplotlib",
    "gguf",
    "yaml",
    "ray",
    "pypi_simple",
)
SERVE = """
import codekiln.cli.main
from pathlib import Path
from codekiln.serve.events import Events
from codekiln.serve.http import Settings, create_app
from codekiln.serve.opening import opened_assistant
from codekiln.serve.web.router import router
with opened_assistant(Path("starter"), work=Path("work"), folder=Path("code")) as assistant:
    assert assistant.folder.wait(60)
    app = create_app(assistant, Settings(), Events(None))
    app.include_router(router(assistant, model=Path("starter"), work=Path("work")))
"""
LSP = """
import codekiln.cli.main
from contextlib import ExitStack
from pathlib import Path
import codekiln.serve.lsp.server
from codekiln.serve.lsp.assistants import loader
with ExitStack() as stack:
    assert loader(Path("starter"), stack)().name == "starter"
"""


NONE_ABSENT = "import sys\n"
ABSENT = f"{NONE_ABSENT}for name in {EXTRAS}: sys.modules[name] = None\n"
NONE_LOADED = f"""
loaded = {{name for name in {EXTRAS} if sys.modules.get(name)}}
assert not loaded, f"they would only take memory: {{loaded}}"
"""


@pytest.mark.parametrize("program", [SERVE, LSP])
@pytest.mark.parametrize("extras", [ABSENT, NONE_ABSENT])
def test_a_model_of_this_machine_needs_no_extra(extras, program, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("a = 1\n")
    done = subprocess.run(
        [sys.executable, "-c", extras + program + NONE_LOADED],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_check_sees_what_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", f"import yaml\n{NONE_ABSENT}{NONE_LOADED}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "they would only take memory: {'yaml'}" in done.stderr
