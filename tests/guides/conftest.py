"""What guides are walked on: a package with a history, and another that no model of theirs has seen."""

import shutil
from pathlib import Path

import pytest
import typer
import uvicorn
from dulwich import porcelain

from histories import commit

ROOT = Path(__file__).parents[2]
LATE = ("typer/_completion_classes.py", "typer/_completion_shared.py", "typer/completion.py")
LINES = 15  # at the end of each of these, which came later


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder like the root of the repository, with `code`, of four commits, and `unseen`."""
    for name in ("recipes", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    code, files = tmp_path / "code", modules(typer)
    code.mkdir()
    porcelain.init(code).close()
    early = {name: "".join(files[name].splitlines(True)[:-LINES]) for name in LATE}
    commit(code, 1_000_000_000, files | early)
    for day, name in enumerate(LATE, start=1):
        commit(code, 1_000_000_000 + day * 86_400, {name: files[name]})
    for name, text in modules(uvicorn).items():
        path = tmp_path / "unseen" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def modules(package) -> dict[str, str]:
    """The modules of an installed package, but for what it has taken over from others."""
    root = Path(package.__file__).parent
    return {
        path.relative_to(root.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.py"))
        if not path.relative_to(root).parts[0].startswith("_")
        or len(path.relative_to(root).parts) == 1
    }
