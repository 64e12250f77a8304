"""What a text is whose client does not name it: llama.cpp's format sends only what stands around a cursor.

In a known folder the index tells which file has its lines; else the names of the pieces beside it tell at
least a language.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from codekiln.generate import CompletionRequest
from codekiln.index import Index
from codekiln.index.provenance import trace
from codekiln.languages import Language, detect, language_of

AROUND = 8  # lines before and behind the cursor's that are looked for
LEAST = 24  # characters of a passage
SHARE = 0.5  # of those lines that a file must have to be the one


def named(
    request: CompletionRequest, index: Index | None, beside: Iterable[str] = ()
) -> CompletionRequest:
    """The request with path and language, as far as they are told; `beside` are paths of other pieces."""
    path = request.path or (_path(request, index) if index else "")
    language = detect(path, request.prefix) or _language(beside)
    return replace(request, path=path, language=language.name if language else "")


def _path(request: CompletionRequest, index: Index) -> str:
    """The file that has most of the lines around the cursor, word for word; the cursor's own is new."""
    before = request.prefix.split("\n")[-AROUND - 1 : -1]
    behind = request.suffix.split("\n")[1 : AROUND + 1]
    found: Counter[str] = Counter()
    sides = ["\n".join(lines) + "\n" for lines in (before, behind) if lines]
    for side in sides:
        for passage in trace(side, index, least=LEAST):
            paths = {place.origin.path for place in passage.places}
            if len(paths) == 1:
                found[paths.pop()] += passage.end - passage.start
    if not found:
        return ""
    path, characters = found.most_common(1)[0]
    return path if characters >= SHARE * sum(map(len, sides)) else ""


def _language(paths: Iterable[str]) -> Language | None:
    """That of most of the paths."""
    told = Counter(filter(None, map(language_of, paths)))
    return told.most_common(1)[0][0] if told else None
