"""One file from its listing to a kept document or a rejection: read it, and ask every filter."""

import codecs
import hashlib
from dataclasses import replace

from codekiln.corpus.document import Document, Rejection
from codekiln.corpus.filters import BY_BYTES, BY_NAME, BY_TEXT, Candidate, Rules, judge
from codekiln.corpus.sources import Entry, Source, UnreadableError
from codekiln.languages import language_of

BOM = codecs.BOM_UTF8.decode()


def clean(source: Source, entry: Entry, rules: Rules) -> Document | Rejection:
    """The document of a file, or why it is none. A file that its name rejects is never read."""
    candidate = Candidate(entry.path, entry.bytes, language_of(entry.path))

    def rejection(reason: str, detail: str = "") -> Rejection:
        return Rejection(source.name, entry.path, candidate.size or 0, reason, detail)

    if entry.defect:
        return rejection(entry.defect)
    verdict = judge(BY_NAME, candidate, rules)
    if not verdict.keep:
        return rejection(verdict.reason, verdict.detail)
    try:
        raw = source.read(entry)
    except UnreadableError as error:
        return rejection(error.reason, error.detail)
    candidate = replace(candidate, size=len(raw), raw=raw)
    verdict = judge(BY_BYTES, candidate, rules)
    if not verdict.keep:
        return rejection(verdict.reason, verdict.detail)
    candidate = _with_text(candidate)
    verdict = judge(BY_TEXT, candidate, rules)
    if not verdict.keep:
        return rejection(verdict.reason, verdict.detail)
    assert candidate.language is not None
    return Document(
        content=candidate.text,
        source=source.name,
        repository=source.repository,
        path=entry.path,
        revision=source.revision,
        language=candidate.language.name,
        group="",
        sha256=hashlib.sha256(candidate.text.encode()).hexdigest(),
    )


def _with_text(candidate: Candidate) -> Candidate:
    text = candidate.raw.decode("utf-8").removeprefix(BOM)
    language = candidate.language or language_of(candidate.path, text.partition("\n")[0])
    return replace(candidate, text=text, language=language)
