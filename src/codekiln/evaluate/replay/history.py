"""How the code of a repository came about: what is there at the start, and each step, oldest first.

Steps are commits (`commits.py`), published versions, or lines that were taken out of files as they stand
and are put back. Only code counts, as the corpus knows it by its names: no prose, no data, nothing that is
vendored or generated.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codekiln.corpus.filters import BY_NAME, Candidate, Rules, judge
from codekiln.corpus.sources import File, Source, UnreadableError
from codekiln.errors import SourceError
from codekiln.languages import language_of

RULES = Rules()
HIDDEN, LONGEST_RUN = 0.1, 8  # share of the lines that are taken out, and how many in a row at most
FAR = 2  # neither near nor a neighbour

Files = Mapping[str, str]


@dataclass(frozen=True)
class Edit:
    """One file before a step and after it; the text is empty where there is no such file.

    `was` is the path it had before, where that was another; nothing is there after the step.
    """

    path: str
    before: str
    after: str
    was: str = ""


@dataclass(frozen=True)
class Step:
    """What a commit or a version changed, by path; `is_typed` is False of what was moved in bulk."""

    revision: str
    edits: tuple[Edit, ...]
    is_typed: bool = True


@dataclass(frozen=True)
class History:
    """The files at the start, by path, and the steps that follow, which may be walked more than once.

    `base` is the revision of the start, `revision` that of the last step; `length` is how many steps there
    are, `born` when the repository began, in seconds since 1970, and 0 where nobody knows. `kind` is for a
    person: "commits", "versions" or "hidden lines". Of a folder inside the repository there is only what
    lies `below`.
    """

    repository: str
    base: str
    revision: str
    start: Files
    steps: Iterable[Step]
    kind: str
    born: int = 0
    length: int = 1
    below: str = ""

    @property
    def place(self) -> str:
        """The repository, and the folder in it."""
        return f"{self.repository}/{self.below}".rstrip("/")

    @property
    def state(self) -> str:
        """What tells it from all others, of this place or another."""
        return f"{self.kind} {self.base} {self.revision} {self.below}".rstrip()


def of_versions(older: Source, newer: Source) -> History:
    """From one published version to another in one step.

    Raises:
        SourceError: there is no code in the newer one.
    """
    before, after = code_of(older), code_of(newer)
    if not after:
        raise no_code(newer.name)
    step = Step(newer.revision, _edits(before, after))
    base, revision = (source.revision or source.state() for source in (older, newer))
    return History(newer.repository, base, revision, before, [step], "versions")


def of_hidden_lines(source: Source, seed: int = 0, most: int | None = None) -> History:
    """Files without a tenth of their lines, and the step that puts them back; `most` as in `code_of`.

    Raises:
        SourceError: there is no code.
    """
    after = code_of(source, most=most)
    if not after:
        raise no_code(source.name)
    before = {path: _without(text, random.Random(f"{seed} {path}")) for path, text in after.items()}
    revision = source.revision or source.state()
    step = Step(source.revision, _edits(before, after))
    return History(source.repository, "", revision, before, [step], "hidden lines")


def code_of(
    source: Source, near: Iterable[str] = (), most: int | None = None, below: str = ""
) -> dict[str, str]:
    """The code of a source, by path: files that are `near` and their neighbours first.

    Only paths that begin with `below` count, and after `most` characters no more files are read.
    """
    paths = set(near)
    folders = {_folder(path) for path in paths}
    texts: dict[str, str] = {}
    size = 0
    for wanted in range(3) if paths else (FAR,):
        for file in source.files():  # what is read must be read before the next is drawn
            distance = (file.path not in paths) + (_folder(file.path) not in folders)
            if distance != wanted or not file.path.startswith(below) or not is_code(file):
                continue
            if most is not None and size >= most:
                break
            text = _text(file)
            if text is not None:
                texts[file.path] = text
                size += len(text)
    return texts


def is_code(file: File) -> bool:
    """Whether a file is code as far as its name and size tell."""
    return not file.defect and is_code_path(file.path, file.size)


def is_code_path(path: str, size: int | None = None) -> bool:
    """The same of a path; a size is in bytes."""
    language = language_of(path)
    candidate = Candidate(path, size, language)
    return bool(language and language.kind == "code" and judge(BY_NAME, candidate, RULES).keep)


def decoded(content: bytes) -> str | None:
    """The text of a file; None of what is no text, or longer than code is."""
    if len(content) > RULES.max_bytes or b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def no_code(name: str) -> SourceError:
    """What to say of a place without code."""
    return SourceError(
        f"{name} holds no code in a language that codekiln knows: give a folder of source files."
    )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _text(file: File) -> str | None:
    try:
        return decoded(file.read())
    except UnreadableError:
        return None


def _edits(before: Files, after: Files) -> tuple[Edit, ...]:
    paths = sorted(before.keys() | after.keys())
    edits = [Edit(path, before.get(path, ""), after.get(path, "")) for path in paths]
    return tuple(edit for edit in edits if edit.before != edit.after)


def _without(text: str, rng: random.Random) -> str:
    """A text without runs of lines here and there, a tenth in all, about."""
    kept, left = [], 0
    for line in text.splitlines(keepends=True):
        if not left and rng.random() < HIDDEN / ((1 + LONGEST_RUN) / 2):
            left = rng.randint(1, LONGEST_RUN)
        if left:
            left -= 1
        else:
            kept.append(line)
    return "".join(kept)
