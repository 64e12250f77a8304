"""How well vocabularies fit code: bytes per token, and tokens that cross a lexeme, on held-out files."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codekiln.artifact import Artifact
from codekiln.corpus import Split, documents, entries
from codekiln.errors import CorpusError
from codekiln.languages import Lexeme, languages, lex
from codekiln.telemetry import progress
from codekiln.tokenizer.lexical import crossing
from codekiln.tokenizer.peers import Vocabulary

LANGUAGE_BYTES = 2_000_000  # read of each language at most


@dataclass(frozen=True)
class Fit:
    """What one vocabulary makes of the files of one language. Files without a grammar have no lexemes."""

    bytes: int
    tokens: int
    in_lexemes: int  # tokens of files with lexemes
    crossing: int  # of those, tokens that cross one

    @property
    def bytes_per_token(self) -> float:
        """The mean."""
        return self.bytes / max(self.tokens, 1)

    @property
    def crossing_share(self) -> float | None:
        """Share of the tokens that cross a lexeme; None where no file has lexemes."""
        return self.crossing / self.in_lexemes if self.in_lexemes else None


@dataclass(frozen=True)
class LanguageFit:
    """One language: its files, and the fit of each vocabulary by name."""

    language: str
    files: int
    bytes: int
    fits: Mapping[str, Fit]


def compare(
    corpus: Artifact,
    vocabularies: Mapping[str, Vocabulary],
    limit: int = LANGUAGE_BYTES,
    splits: Sequence[Split] = ("held_out",),
) -> list[LanguageFit]:
    """Each language of the held-out files, the largest first; of each at most `limit` bytes.

    Raises:
        CorpusError: no file is held out.
    """
    chosen = _chosen(corpus, limit, splits)
    if not chosen:
        raise CorpusError("The corpus holds out no file that is small enough: add sources to it.")
    texts: dict[str, list[str]] = defaultdict(list)
    for split in splits:
        for document in documents(corpus, split):
            if document.sha256 in chosen:
                texts[document.language].append(document.content)
    rows = []
    with progress("tokenizers", sum(chosen.values()), "bytes") as task:
        for language, contents in texts.items():
            row = _language(language, contents, vocabularies)
            task.advance(row.bytes)
            rows.append(row)
    return sorted(rows, key=lambda row: (-row.bytes, row.language))


def _chosen(corpus: Artifact, limit: int, splits: Sequence[Split]) -> dict[str, int]:
    """The hashes and bytes of the files that are read: of each language those with the lowest hashes."""
    sizes: Counter[str] = Counter()
    chosen = {}
    rows = itertools.chain.from_iterable(entries(corpus, split) for split in splits)
    for entry in sorted(rows, key=lambda entry: entry.sha256):
        if sizes[entry.language] + entry.bytes <= limit:
            sizes[entry.language] += entry.bytes
            chosen[entry.sha256] = entry.bytes
    return chosen


def _language(
    language: str, contents: Sequence[str], vocabularies: Mapping[str, Vocabulary]
) -> LanguageFit:
    raw = [content.encode() for content in contents]
    lexemes = [lex(languages()[language], content) for content in raw]
    fits = {
        name: _fit(vocabulary, contents, raw, lexemes) for name, vocabulary in vocabularies.items()
    }
    return LanguageFit(language, len(contents), sum(map(len, raw)), fits)


def _fit(
    vocabulary: Vocabulary,
    contents: Sequence[str],
    raw: Sequence[bytes],
    lexemes: Sequence[list[Lexeme] | None],
) -> Fit:
    count = in_lexemes = cross = 0
    for ids, content, found in zip(vocabulary.encode_batch(contents), raw, lexemes, strict=True):
        count += len(ids)
        sizes = [len(vocabulary.bytes_of(token)) for token in ids]
        if found and sum(sizes) == len(content):  # a tokenizer that normalises changes the bytes
            in_lexemes += len(ids)
            cross += crossing(sizes, found)
    return Fit(sum(map(len, raw)), count, in_lexemes, cross)
