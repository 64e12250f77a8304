"""How often the texts of a package (licence files and headers) tell the licence that its metadata state.

The packages of `licences.toml`, from PyPI and npm, were chosen for their licences and labelled by hand
before anything was measured. The rules were mended since, by somebody who had seen what they made of
these packages: so this guards against going back, and is no blind test. A label is what the metadata
state; where they leave it open ("BSD", "LGPL"), or the package says otherwise in its own words, it is what
a person reads there. Our reading of metadata has no part in it.

Of a package counts the licence that most of its code files get; what it bundles, in a folder with a
licence file of its own, is left out. "But for later" is the right licence with `-only` and `-or-later`
mixed up, which the text of a GNU licence alone does not tell. "Not found" includes a licence without a
name. Allowed is what our default list of permissive licences lets pass.

The peer is askalono. It reads licence files only, and takes those that its own program would take; how
several of them combine, which it does not say, is copied from the label. "In use" is our pipeline with
the metadata as well, from which most labels come: it shows what they add, and is no test.
"""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import askalono
from bench.corpus.rows import cache
from license_expression import get_spdx_licensing

from codekiln.corpus.licences import PERMISSIVE, Survey, allowed, header_licence
from codekiln.corpus.licences.evidence import evidence
from codekiln.corpus.licences.expression import UNKNOWN
from codekiln.corpus.sources import UnreadableError, parse_source
from codekiln.languages import language_of

LABELS = Path(__file__).with_suffix(".toml")
ALIKE = 0.8  # askalono's own program takes no text that is less like a licence
PEER, FILES = "askalono, licence files", "codekiln, licence files"
TEXTS, IN_USE = "codekiln, files and headers", "codekiln, in use"
SPDX = get_spdx_licensing()
_LATER = re.compile(r"-(?:only|or-later)\b")

Row = dict[str, str]
Files = list[tuple[str, str]]  # path and text


@dataclass(frozen=True)
class _Package:
    """What of a package tells its licence: its licence files, its metadata, and its code."""

    texts: Files
    metadata: Files
    code: Files


def run() -> dict[str, list[Row]]:
    """A row for each tool, and one for each package that we got wrong."""
    found: dict[str, list[tuple[str, str]]] = {}  # by tool: what is stated, and what it found
    wrong = []
    for spec, stated in _labels().items():
        package = _opened(spec)
        answers = {
            PEER: _peer(package, stated),
            FILES: Survey.of(package.texts).licence("").expression,
            TEXTS: _of_code(package, Survey.of(package.texts)),
            IN_USE: _of_code(package, Survey.of([*package.texts, *package.metadata])),
        }
        for tool, answer in answers.items():
            found.setdefault(tool, []).append((stated, answer))
        ours = {TEXTS: answers[TEXTS], IN_USE: answers[IN_USE]}
        if any(_judged(stated, answer) in ("wrong", "not found") for answer in ours.values()):
            named = {tool: answer or "nothing" for tool, answer in ours.items()}
            wrong.append({"package": spec, "stated": stated, **named})
    return {
        "what the texts tell": [_row(tool, answers) for tool, answers in found.items()],
        "what codekiln finds otherwise": wrong,
    }


def _row(tool: str, answers: list[tuple[str, str]]) -> Row:
    judged = Counter(_judged(stated, answer) for stated, answer in answers)
    decided = Counter(
        (allowed(stated, PERMISSIVE), allowed(answer, PERMISSIVE)) for stated, answer in answers
    )
    return {
        "tool": tool,
        "packages": str(len(answers)),
        "exact": f"{judged['exact']} ({judged['exact'] / len(answers):.0%})",
        "but for later": str(judged["but for later"]),
        "wrong": str(judged["wrong"]),
        "not found": str(judged["not found"]),
        "permissive, allowed": str(decided[True, True]),
        "permissive, refused": str(decided[True, False]),
        "not permissive, allowed": str(decided[False, True]),
        "not permissive, refused": str(decided[False, False]),
    }


def _judged(stated: str, answer: str) -> str:
    if answer in ("", UNKNOWN):
        return "not found"
    if SPDX.is_equivalent(stated, answer):
        return "exact"
    later = SPDX.is_equivalent(_LATER.sub("", stated), _LATER.sub("", answer))
    return "but for later" if later else "wrong"


def _labels() -> dict[str, str]:
    labels = tomllib.loads(LABELS.read_text(encoding="utf-8"))
    return {**labels["stated"], **labels["read"]}


def _opened(spec: str) -> _Package:
    source = parse_source(spec, (), cache() / "downloads")
    texts, metadata, code = [], [], []
    for file in source.files():
        said, language = evidence(file.path), language_of(file.path)
        if file.defect or not (said or (language and language.kind == "code")):
            continue
        try:
            text = file.read().decode("utf-8", "replace")
        except UnreadableError:
            continue
        kind = said.kind if said else "code"
        {"text": texts, "code": code}.get(kind, metadata).append((file.path, text))
    source.close()
    bundled = tuple(f"{folder}/" for folder in _folders(texts) if folder)
    return _Package(texts, metadata, [file for file in code if not file[0].startswith(bundled)])


def _folders(texts: Files) -> set[str]:
    return {found.folder for path, _ in texts if (found := evidence(path))}


def _of_code(package: _Package, survey: Survey) -> str:
    """The licence of most code files, as the pipeline decides it; without any, that of the whole."""
    votes: Counter[str] = Counter()
    for path, text in package.code:
        repository = survey.licence(path).expression
        votes[header_licence(text, repository) or repository] += 1
    return votes.most_common(1)[0][0] if votes else survey.licence("").expression


def _peer(package: _Package, stated: str) -> str:
    """What askalono finds in the licence files that speak for the whole package."""
    own = [text for path, text in package.texts if (found := evidence(path)) and not found.folder]
    matches = [askalono.identify(text) for text in own]
    names = dict.fromkeys(match.name for match in matches if match.score >= ALIKE)
    return (" OR " if " OR " in stated else " AND ").join(names)
