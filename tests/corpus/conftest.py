"""A corpus built in a temporary folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codekiln.artifact import Artifact, open_work
from codekiln.corpus import CorpusConfig, build_corpus


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Artifact]:
    """Build the corpus of some sources (paths or names) with some settings.

    Unless told otherwise the code is the owner's, and only equal files are copies, so that tests
    about other things can use files as small and as alike as they please.
    """

    def build(
        *sources: object, work: Path | None = None, own: bool = True, **settings: object
    ) -> Artifact:
        names = tuple(f"own:{source}" if own else str(source) for source in sources)
        config = CorpusConfig(sources=names, **({"near_duplicates": 1.0} | settings))
        place = work or tmp_path / "work"
        open_work(place)
        return build_corpus(config, place, "c")

    return build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two good files, so that whatever a test adds, the rest can be split."""
    root = tmp_path / "code"
    root.mkdir()
    (root / "one.py").write_text("def one():\n    return 1\n")
    (root / "two.py").write_text("def two():\n    return 2\n")
    return root
