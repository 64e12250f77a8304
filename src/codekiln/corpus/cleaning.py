"""One file from its bytes to a cleaned text or a refusal: every question that one file can answer.

What needs other files (duplicates, caps, the split) is settled in `select`.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from codekiln.corpus.contamination import Benchmarks
from codekiln.corpus.domains import DOMAINS, file_domains
from codekiln.corpus.duplicates import token_hashes
from codekiln.corpus.filters import BY_BYTES, BY_TEXT, Candidate, Rules, judge
from codekiln.corpus.licences import allowed, header_licence
from codekiln.corpus.secrets import redact
from codekiln.languages import Language, detect, language_of

# Tags of what a file does rather than of the field it serves.
FUNCTIONS = frozenset(("build", "concurrency", "systems", "testing"))

BOM = codecs.BOM_UTF8.decode()


@dataclass(frozen=True)
class Raw:
    """One file as it came out of its source, with what is known of its repository."""

    path: str
    content: bytes
    licence: str
    licence_from: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cleaned:
    """A text to keep, the hashes of its code tokens, and how many placeholders of each kind it got."""

    text: str
    language: str
    licence: str
    licence_from: str
    domains: tuple[str, ...]
    redacted: Mapping[str, int]
    tokens: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Refused:
    """A file to leave out; `text` is empty where it is none."""

    reason: str
    detail: str
    language: str = ""
    text: str = ""


@dataclass(frozen=True)
class Cleaner:
    """The rules for single files; it is sent to every worker."""

    rules: Rules
    licences: frozenset[str]
    benchmarks: Benchmarks

    def clean(self, raw: Raw) -> Cleaned | Refused:
        """The cleaned text of a file, or why there is none."""
        candidate = Candidate(raw.path, len(raw.content), language_of(raw.path), raw.content)
        verdict = judge(BY_BYTES, candidate, self.rules)
        if not verdict.keep:
            return Refused(verdict.reason, verdict.detail, _name(candidate.language))
        candidate = _with_text(candidate)
        verdict = judge(BY_TEXT, candidate, self.rules)
        if not verdict.keep:
            language = _name(candidate.language)
            return Refused(verdict.reason, verdict.detail, language, candidate.text)
        assert candidate.language is not None
        return self._licensed(raw, candidate.text, candidate.language.name)

    def _licensed(self, raw: Raw, text: str, language: str) -> Cleaned | Refused:
        header = header_licence(text, raw.licence)
        licence, found = (header, "header") if header else (raw.licence, raw.licence_from)
        if raw.licence_from == "own":
            found = "own"
        elif not licence:
            return Refused("licence-unknown", raw.path, language, text)
        elif not allowed(licence, self.licences):
            return Refused("licence-not-allowed", licence, language, text)
        redaction = redact(text)
        text, tokens = redaction.text, token_hashes(redaction.text)
        item = self.benchmarks.match(text, tokens)
        if item:
            return Refused("contaminated", item, language, text)
        domains = _domains(raw, text, language)
        return Cleaned(text, language, licence, found, domains, redaction.counts, tokens)


def _domains(raw: Raw, text: str, language: str) -> tuple[str, ...]:
    """The file's own tags; its repository's too if those only say what the file is for."""
    tags = file_domains(raw.path, text, language)
    if tags <= FUNCTIONS:
        tags = tags.union(raw.domains)
    return tuple(domain for domain in DOMAINS if domain in tags)


def _with_text(candidate: Candidate) -> Candidate:
    text = candidate.raw.decode("utf-8").removeprefix(BOM)
    return replace(candidate, text=text, language=detect(candidate.path, text))


def _name(language: Language | None) -> str:
    return language.name if language else ""
