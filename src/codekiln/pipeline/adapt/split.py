"""What is held out of a folder: its last commits or, where there is no history, a tenth of its lines.

The split comes before corpus, index and tuning, which see the folder as it was without all that.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from dulwich.graph import can_fast_forward
from dulwich.objects import ObjectID
from dulwich.repo import Repo

from codekiln.artifact import Artifact, Stage, Statistics, produce, write_atomically
from codekiln.corpus import CorpusConfig, build_corpus
from codekiln.errors import CorpusError
from codekiln.evaluate.replay.added import count_added
from codekiln.evaluate.replay.commits import of_commits, repository_root
from codekiln.evaluate.replay.history import History
from codekiln.evaluate.replay.stage import history_of

LINES = 300  # that are held out, about; a last commit with more is held out whole
COMMITS = 64  # among which they are looked for
CHARACTERS = 20_000_000  # of the folder that are read, files that were changed last first
CODE = "code.jsonl"


def split(folder: Path, seed: int = 0) -> History:
    """The history to hold out: its start is what may be learned.

    Raises:
        SourceError: there is no such folder, it is empty, holds no code or too little to hold some out, or
            its repository is damaged.
    """
    return history_of(folder, _commits_to_hold_out(folder), seed, CHARACTERS)


def _commits_to_hold_out(folder: Path) -> int:
    """As many of the last ones as add no more than `LINES`; one at least."""
    found = of_commits(folder, COMMITS, most=1)  # the steps are wanted, not the files
    added = (
        [sum(map(count_added, step.edits)) * step.is_typed for step in found.steps] if found else []
    )
    commits = total = 0
    for lines in reversed(added):
        total += lines
        if total > LINES and total > lines:
            break
        commits += 1
    return max(1, commits)


def corpus_of(history: History, work: Path) -> Artifact:
    """The corpus of what came before, by the corpus' rules for one's own code; nothing more is held out.

    Raises:
        CorpusError: there was none, or none of it is code that the rules keep.
    """
    if not history.start:
        raise CorpusError(
            "all code of the folder is held out, so there is none to learn: adapt it after more commits"
        )
    name = name_of(history)
    code = produce(Stage("before", 1, _writing(history)), {}, {}, work, name, _state(history))
    source = f"own:jsonl:{code.file(CODE).resolve()}"
    return build_corpus(CorpusConfig(sources=(source,), held_out=0.0), work, name)


def name_of(history: History) -> str:
    """How artifacts of the folder are called."""
    return re.sub(r"[^\w-]+", "-", history.repository)[:64] or "folder"


def comes_after(folder: Path, newer: str, older: str) -> bool:
    """Whether the newer of two commits of the folder's repository was made on top of the older one."""
    root = repository_root(folder)
    if root is None:
        return False
    with Repo(str(root)) as repo:
        first, last = (ObjectID(commit.encode()) for commit in (older, newer))
        known = all(commit in repo.object_store for commit in (first, last))
        return known and can_fast_forward(repo, first, last)


def _state(history: History) -> Mapping[str, str]:
    digest = hashlib.sha256()
    for path, text in history.start.items():
        digest.update(f"{path}\0{text}\0".encode())
    return {"code": digest.hexdigest(), "repository": history.repository}


def _writing(history: History) -> Callable[..., Statistics]:
    def build(_config: object, _inputs: Mapping[str, Artifact], out: Path) -> Statistics:
        rows = (
            json.dumps({"content": text, "path": path, "repository": history.repository})
            for path, text in history.start.items()
        )
        write_atomically(out / CODE, "".join(f"{row}\n" for row in rows).encode())
        return {"files": len(history.start), "revision": history.base}

    return build
