"""A source's files, in chunks: those that their names refuse, and those that are to be cleaned.

What the repository says of itself (licence files, manifests) is read in a first pass, so that each
file goes to its worker with the licence it is under.
"""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from codekiln.corpus.cleaning import Raw
from codekiln.corpus.document import Rejection
from codekiln.corpus.domains import DOMAINS, is_manifest, repository_domains
from codekiln.corpus.filters import BY_NAME, Candidate, Rules, judge
from codekiln.corpus.licences import Survey, is_evidence
from codekiln.corpus.sources import File, Source, UnreadableError
from codekiln.languages import language_of

CHUNK_FILES = 512
CHUNK_BYTES = 8_000_000
OVERHEAD = 3_000  # bytes of memory a file takes besides its content
EVIDENCE_BYTES = 500_000


@dataclass
class Listed:
    """One file that is to be cleaned."""

    raw: Raw
    repository: str
    revision: str
    time: int


@dataclass
class Chunk:
    """Some files in a row of a source's listing."""

    number: int
    files: list[Listed] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many files of the listing it stands for."""
        return len(self.files) + len(self.rejected)

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes on its way through the workers."""
        return sum(len(file.raw.content) + OVERHEAD for file in self.files)


class Listing:
    """The files of one source, each with what is known of its repository."""

    def __init__(self, source: Source, rules: Rules, *, own: bool) -> None:
        """Nothing is read yet; `own` says that the code belongs to whoever trains on it."""
        self.drawn = 0
        self._source, self._rules, self._own = source, rules, own

    def chunks(self, done: Iterable[int]) -> Iterator[Chunk]:
        """The chunks still to do; `done` counts the files of each that an earlier run finished."""
        files = iter(self._source.files())
        finished = 0
        for count in done:
            finished += 1
            self.drawn += sum(1 for _ in itertools.islice(files, count))
        chunk, weight = Chunk(finished), 0
        for file in files:
            self.drawn += 1
            entry = self._entry(file)
            if isinstance(entry, Rejection):
                chunk.rejected.append(entry)
            else:
                chunk.files.append(entry)
                weight += len(entry.raw.content)
            if chunk.count >= CHUNK_FILES or weight >= CHUNK_BYTES:
                yield chunk
                chunk, weight = Chunk(chunk.number + 1), 0
        if chunk.count:
            yield chunk

    def _entry(self, file: File) -> Listed | Rejection:
        candidate = Candidate(file.path, file.size, language_of(file.path))
        if file.defect:
            return self._rejection(file, candidate, file.defect, file.detail)
        verdict = judge(BY_NAME, candidate, self._rules)
        if not verdict.keep:
            return self._rejection(file, candidate, verdict.reason, verdict.detail)
        try:
            content = file.read()
        except UnreadableError as error:
            return self._rejection(file, candidate, error.reason, error.detail)
        return Listed(
            self.raw(file, content),
            file.repository or self._source.repository,
            file.revision or self._source.revision,
            file.time,
        )

    def raw(self, file: File, content: bytes) -> Raw:
        """A file with its content, and what its repository says of its licence and domains."""
        return Raw(file.path, content, *self._licence(file), self._evidence[1])

    def _rejection(self, file: File, candidate: Candidate, reason: str, detail: str) -> Rejection:
        return Rejection(
            source=self._source.name,
            repository=file.repository or self._source.repository,
            path=file.path,
            language=candidate.language.name if candidate.language else "",
            bytes=file.size or 0,
            reason=reason,
            detail=detail,
        )

    def _licence(self, file: File) -> tuple[str, str]:
        if file.licence:
            return file.licence, "own" if self._own else "metadata"
        licence = self._evidence[0].licence(file.path)
        expression, found = licence.expression, str(licence.found)
        if not expression and self._source.licence:
            expression, found = self._source.licence, "metadata"
        return expression, "own" if self._own else found

    @cached_property
    def _evidence(self) -> tuple[Survey, tuple[str, ...]]:
        """The licences by folder and the domains of the repository, from a pass of its own."""
        texts = list(self._evidence_texts())
        found = repository_domains((path, text) for path, text in texts if is_manifest(path))
        survey = Survey.of((path, text) for path, text in texts if is_evidence(path))
        return survey, tuple(domain for domain in DOMAINS if domain in found)

    def _evidence_texts(self) -> Iterator[tuple[str, str]]:
        for file in self._source.files():
            if file.repository:  # files of many repositories say of themselves what they are
                return
            wanted = is_evidence(file.path) or is_manifest(file.path)
            if wanted and not file.defect and (file.size or 0) <= EVIDENCE_BYTES:
                with suppress(UnreadableError):
                    yield file.path, file.read().decode("utf-8", "replace")
