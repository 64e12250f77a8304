"""What a text is whose client does not name it: llama.cpp's format sends only what stands around a cursor.

In a known folder the index tells which file has its lines. Else the language is that of the pieces beside
it, or of the folder, if the text reads as one in it.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from weakref import ReferenceType, ref

from codekiln.generate import CompletionRequest
from codekiln.index import Index
from codekiln.index.provenance import trace
from codekiln.languages import Language, detect, error_share, language_of

AROUND = 8  # lines before and behind the cursor's that are looked for
LEAST = 20  # characters of a passage
SHARE = 0.5  # of those lines that a file must have to be the one
FILES = 1000  # of a folder whose languages are looked at
LIKELIEST = 3  # languages that are tried
REMEMBERED = 64  # places
ERRORS = 0.05  # of a text's bytes: it may begin in the middle of something


class Names:
    """Remembers what a place was, for the next key on the same line; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By what stands around; a weak reference, since an index that was replaced is to go.
        self._known: OrderedDict[int, tuple[ReferenceType[Index] | None, str, str]] = OrderedDict()
        # Many ask, and each thread that ever encoded a text costs memory for as long as it lives.
        self._finder = ThreadPoolExecutor(1, thread_name_prefix="finder")

    def named(
        self, request: CompletionRequest, index: Index | None, beside: Iterable[str] = ()
    ) -> CompletionRequest:
        """With path and language, as far as they are told; `beside` are paths of other pieces.

        A file that was not found is looked for again once the index is another.
        """
        if request.path and request.language:
            return request
        around = _around(request)
        place = hash((request.path, around))
        with self._lock:
            searched, path, language = self._known.get(place, (None, "", ""))
        is_searched = searched is not None and searched() is index
        if not (path and language) and not is_searched:
            path, language = self._finder.submit(_told, request, index, beside).result()
            is_gone = request.cancelled is not None and request.cancelled.is_set()
            if "".join(around).strip() and not is_gone:  # else it may be many a place
                self._remember(place, index, path, language)
        return replace(request, path=path, language=request.language or language)

    def _remember(self, place: int, index: Index | None, path: str, language: str) -> None:
        with self._lock:
            self._known[place] = (ref(index) if index else None, path, language)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _told(
    request: CompletionRequest, index: Index | None, beside: Iterable[str]
) -> tuple[str, str]:
    """Path and language, as far as they are known without looking if nobody waits any more."""
    if request.cancelled is not None and request.cancelled.is_set():
        return request.path, request.language
    path = request.path or (_path_of(_around(request), index) if index else "")
    language = detect(path, request.prefix)
    if language is None:
        texts = _texts(request)
        language = _language(beside, texts) or _language(_paths(index), texts)
    return path, language.name if language else ""


def _around(request: CompletionRequest) -> tuple[str, ...]:
    """The lines before and behind the cursor's, which is new."""
    before = request.prefix.split("\n")[-AROUND - 1 : -1]
    behind = request.suffix.split("\n")[1 : AROUND + 1]
    return tuple("\n".join(lines) + "\n" for lines in (before, behind) if lines)


def _path_of(sides: Sequence[str], index: Index) -> str:
    """The file that has most of the lines, word for word."""
    found: Counter[str] = Counter()
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
