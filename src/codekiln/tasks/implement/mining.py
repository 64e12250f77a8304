"""Examples from functions that people wrote: which of them are worth learning from.

A function counts if it is documented, does something, is not too long, and its excerpt parses. Those that
need little of the rest of their file come first: a body that cannot be guessed teaches to make things up.
"""

import re
from collections import Counter
from typing import NamedTuple

from codekiln.languages import FunctionPlace, function_places, languages
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.implement.excerpt import Excerpt, excerpt, stands_alone
from codekiln.tasks.implement.styles import is_chinese, style_of, words

FEWEST_WORDS = 4  # of documentation, each Chinese character counting as one
FEWEST_LINES, MOST_LINES = 2, 60  # of a body
LONGEST = 4000  # characters of what is given, and of the body
MOST = 8  # functions of one file
_TRIVIAL = re.compile(
    r"(?:pass|\.\.\.|return(?: self\.\w+| this\.\w+| None| null)?;?|raise NotImplementedError.*|"
    r"throw new (?:UnsupportedOperationException|Error)\(.*|super\(.*|todo!\(.*|panic\(.*|\})"
)
_COMMENT = re.compile(r"\s*(?:#|//|\*|/\*).*")
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|spec)/|(?:^|[/_.])test[_s.]|_test\.\w+$|Tests?\.\w+$"
)
_NAME = re.compile(r"(?<![\w.\"'])[^\W\d]\w*")


class Found(NamedTuple):
    """An example, and how many names its body takes from elsewhere in its file: few are better."""

    foreign: int
    example: TaskExample


def implementations(origin: Origin, content: str, counts: Counter[str]) -> list[Found]:
    """The best functions of one file, at most `MOST`; `counts` tell what became of each.

    None of a file of tests, or where the language's functions are not known.
    """
    language = languages().get(origin.language)
    if language is None or _TEST.search(origin.path):
        return []
    raw = content.encode()
    places = list(function_places(language, raw))
    names = {place.name for place in places}
    good: list[Found] = []
    for place in places:
        found = excerpt(language, raw, place)
        reason = _objection(place, found)
        if not reason and not stands_alone(language, found):
            reason = "does not parse"
        if not reason and not raw.decode().count(found.body.rstrip("\n")):
            reason = "is not the original"
        counts[reason or "kept"] += 1
        if not reason:
            style = style_of(language.name, place.documentation, found.prefix)
            kind = f"{style}, chinese" if is_chinese(place.documentation) else style
            example = TaskExample("implement", kind, origin, found.body, prefix=found.prefix)
            good.append(Found(_foreign(found, names - {place.name}), example))
    return sorted(good, key=lambda each: each.foreign)[:MOST]


def _objection(place: FunctionPlace, found: Excerpt) -> str:
    """Why a function is no good example; empty if it is."""
    if not place.documentation:
        return "no documentation"
    if len(words(place.documentation)) < FEWEST_WORDS:
        return "documentation says too little"
    lines = [line.strip() for line in found.body.split("\n")]
    doing = [line for line in lines if line and not _COMMENT.fullmatch(line)]
    if len(doing) < FEWEST_LINES or all(_TRIVIAL.fullmatch(line) for line in doing):
        return "trivial"
    if len(lines) > MOST_LINES or max(len(found.prefix), len(found.body)) > LONGEST:
        return "too long"
    return "test" if place.name.lower().startswith("test") else ""


def _foreign(found: Excerpt, others: set[str]) -> int:
    """Functions of the same file that the body names and the prefix does not."""
    return len((set(_NAME.findall(found.body)) & others) - set(_NAME.findall(found.prefix)))
