"""A corpus built in a temporary folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codekiln.artifact import Artifact, produce
from codekiln.corpus import STAGE, CorpusConfig, source_states


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Artifact]:
    """Build the corpus of some sources (paths or names) with some settings."""

    def build(*sources: object, work: Path | None = None, **settings: object) -> Artifact:
        config = CorpusConfig(sources=tuple(map(str, sources)), **settings)
        return produce(STAGE, config, {}, work or tmp_path / "work", "c", source_states(config))

    return build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two good files, so that whatever a test adds, the rest can be split."""
    root = tmp_path / "code"
    root.mkdir()
    (root / "one.py").write_text("def one():\n    return 1\n")
    (root / "two.py").write_text("def two():\n    return 2\n")
    return root
