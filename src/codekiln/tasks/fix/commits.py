"""Examples from commits that mended something: what the commit says stands where an error would.

Which commits are fixes is told by their message, as in the field: a word for a defect in the subject
(Karampatsis & Sutton 2020, ManySStuBs4J, §2; its "error" and "issue" are left out, which stand in too many
others), and none of the words for what else is called a fix (typos, formatting, versions, merges). A change
counts if it is small, is to code and not to a comment or a test, and parses on both sides.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from codekiln.languages import Language, languages, lex, parse
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.fix.patch import Patch

LARGEST = 12  # lines of a patch
WINDOW = (
    80  # lines of a file; a longer one is cut, at a place that does not tell where the change is
)
MESSAGE = 600  # characters of a message

_DEFECT = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:s|fix(?:es)?)?|mistakes?|incorrect(?:ly)?|flaw|wrong(?:ly)?|crash(?:es|ed)?|"
    r"broken|regression|leak(?:s|ed)?|off[- ]by[- ]one)\b|修复|修正|错误",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"^(?:merge|revert|bump|release|version|wip|fixup!|squash!|initial commit)\b|"
    r"\b(?:typos?|spelling|grammar|whitespace|indent(?:ation)?|format(?:ting)?|lint(?:er|ing)?|style|flake8|"
    r"pylint|mypy|black|isort|ruff|pre-commit|ci|travis|docs?|docstrings?|documentation|readme|changelog|"
    r"comments?|copyright|licen[cs]e|tests?|coverage|dependenc(?:y|ies)|refactor(?:ing|ed)?|rename[ds]?|"
    r"cosmetic|cleanup|clean up|warnings?)\b",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|spec|__tests__|examples?|docs?)/|(?:^|[/_.-])(?:test|spec)[_.-]|_test\.\w+$|Tests?\.\w+$"
)
_TRAILER = re.compile(
    r"^(?:[\w-]+-by|fixes|closes|refs?|see|change-id|bug|issue)\s*[:#].*$",
    re.IGNORECASE | re.MULTILINE,
)
_REFERENCE = re.compile(r"\s*\(?(?:#\d+|gh-\d+|https?://\S+)\)?", re.IGNORECASE)


@dataclass(frozen=True)
class Edited:
    """One file as a commit found it and as it left it, and what the commit says of itself.

    One that `is_ours` may give an example; the others tell what else the commit changed.
    """

    origin: Origin
    message: str
    before: str
    after: str
    is_ours: bool = True


def fixes(changes: Iterable[Edited], counts: Counter[str]) -> Iterator[TaskExample]:
    """The examples among changes, commit after commit; `counts` tell what became of each of ours.

    One that changes several files of code is no example, since one file alone would not be the fix.
    """
    for _, group in groupby(changes, key=lambda change: change.origin.commit):
        edits = list(group)
        if not any(edit.is_ours for edit in edits):
            continue
        code = [edit for edit in edits if not _TEST.search(edit.origin.path)]
        reason = _objection(code)
        counts[reason or "kept"] += 1
        if not reason:
            yield _example(code[0])


def says_fix(message: str) -> bool:
    """Whether a commit's message is that of a bug fix."""
    subject = message.strip().partition("\n")[0]
    return bool(_DEFECT.search(subject)) and not _OTHER.search(subject)


def _objection(code: list[Edited]) -> str:
    """Why a commit gives no example; empty if it does."""
    if not any(edit.is_ours for edit in code):
        return "tests alone"
    if len(code) != 1:
        return "several files"
    edit = code[0]
    language = languages().get(edit.origin.language)
    if not says_fix(edit.message):
        return "message is of no fix"
    if language is None or language.kind != "code":
        return "no code"
    if not edit.before.strip() or not edit.after.strip():
        return "empty file"
    patch = Patch.between(edit.before, edit.after)
    if patch.size > LARGEST:
        return "too large a change"
    if not patch.size or _words(language, edit.before) == _words(language, edit.after):
        return "comments or layout alone"
    return "" if _parses(language, edit.before, edit.after) else "does not parse"


def _example(edit: Edited) -> TaskExample:
    before, after = _near(edit)
    return TaskExample(
        task="fix",
        kind="commit",
        origin=edit.origin,
        target=Patch.between(before, after).text,
        message=_said(edit.message),
        code=before,
    )


def _said(message: str) -> str:
    """What a message tells of the bug: no trailers, no numbers of issues."""
    text = _REFERENCE.sub("", _TRAILER.sub("", message)).strip()
    subject, _, rest = text.partition("\n")
    paragraph = rest.strip().partition("\n\n")[0]
    said = f"{subject.strip()}\n{paragraph}".strip()
    return said[:MESSAGE] + "\n"


def _near(edit: Edited) -> tuple[str, str]:
    """Both sides, of a long file some lines around the change: more above it or more below by chance."""
    old, new = edit.before.split("\n"), edit.after.split("\n")
    touched = Patch.between(edit.before, edit.after).lines
    spare = max(0, WINDOW - len(touched))
    above = random.Random(edit.origin.commit).randint(0, spare)
    start = max(0, min(touched.start - 1 - above, len(old) - WINDOW))
    behind = max(0, len(old) - max(start + WINDOW, touched.stop))
    return "\n".join(old[start : len(old) - behind]), "\n".join(new[start : len(new) - behind])


def _words(language: Language, text: str) -> list[bytes]:
    """The lexemes that mean something."""
    content = text.encode()
    pieces = lex(language, content) or []
    return [content[p.start : p.end] for p in pieces if p.kind not in ("comment", "whitespace")]


def _parses(language: Language, *texts: str) -> bool:
    trees = [parse(language, text.encode()) for text in texts]
    return all(tree is not None and not tree.root_node.has_error for tree in trees)
