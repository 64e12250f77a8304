"""What a text is whose client does not name it: llama.cpp's format sends only what stands around a cursor.

In a known folder the index tells which file has its lines. Else the language is that of the pieces beside
it, or of the folder, if the text reads as one in it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from codekiln.generate import CompletionRequest
from codekiln.index import Index
from codekiln.index.provenance import trace
from codekiln.languages import Language, detect, error_share, language_of

AROUND = 8  # lines before and behind the cursor's that are looked for
LEAST = 20  # characters of a passage
SHARE = 0.5  # of those lines that a file must have to be the one
FILES = 1000  # of a folder whose languages are looked at
LIKELIEST = 3  # languages that are tried
ERRORS = 0.05  # of a text's bytes: it may begin in the middle of something


def named(
    request: CompletionRequest, index: Index | None, beside: Iterable[str] = ()
) -> CompletionRequest:
    """The request with path and language, as far as they are told; `beside` are paths of other pieces."""
    path = request.path or (_path(request, index) if index else "")
    language = detect(path, request.prefix)
    if language is None:
        texts = _texts(request)
        language = _language(beside, texts) or _language(_paths(index), texts)
    return replace(request, path=path, language=language.name if language else "")


def _path(request: CompletionRequest, index: Index) -> str:
    """The file that has most of the lines around the cursor, word for word; the cursor's own is new."""
    before = request.prefix.split("\n")[-AROUND - 1 : -1]
    behind = request.suffix.split("\n")[1 : AROUND + 1]
    found: Counter[str] = Counter()
    sides = ["\n".join(lines) + "\n" for lines in (before, behind) if lines]
    telling = sum(map(len, sides))
    for side in sides:
        for passage in trace(side, index, least=LEAST):
            paths = {place.origin.path for place in passage.places}
            if len(paths) == 1:
                found[paths.pop()] += passage.end - passage.start
            else:  # what stands in several tells nothing
                telling -= passage.end - passage.start
    if not found:
        return ""
    path, characters = found.most_common(1)[0]
    return path if characters >= SHARE * telling else ""


def _paths(index: Index | None) -> Iterator[str]:
    shards = index.shards if index else ()
    every = (shard.origins[number].path for shard in shards for number in shard.documents())
    return islice(every, FILES)


def _texts(request: CompletionRequest) -> list[bytes]:
    """The text as it stands, and without the cursor's line, which may be half a line as yet."""
    above = request.prefix.rpartition("\n")[0]
    whole, others = (
        request.prefix + request.suffix,
        above + "\n" + request.suffix.partition("\n")[2],
    )
    return [text.encode(errors="replace") for text in (whole, others) if text.strip()]


def _language(paths: Iterable[str], texts: list[bytes]) -> Language | None:
    """That of most of the paths in which one of the texts can be read."""
    told = Counter(filter(None, map(language_of, paths)))
    for language, _ in told.most_common(LIKELIEST):
        if any((error_share(language, text) or 0) <= ERRORS for text in texts):
            return language
    return None
