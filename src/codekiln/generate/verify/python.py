"""Python around a cursor: it compiles, or it does not.

Only the statement at top level that the cursor is in is compiled anew for each text; what follows,
once. That is the same as compiling the file, because a module is a sequence of statements and its
grammar knows nothing that reaches over several of them (but `from __future__`): if each piece parses,
and each begins at column 0 outside of brackets and strings, the whole does. Where a statement begins is
found by a scanner of its own, which sees strings, comments, brackets and line ends. What stands before
is never parsed, so errors there do not count; errors behind do not either, where the same was behind
before.
"""

import re
import warnings
from collections.abc import Iterator
from functools import cached_property, lru_cache

_LEXEME = re.compile(
    r"""
    (?:[^"'\#\\()\[\]{}\n]++ | \n(?=[\s)\]}]) | \\(?:\r?\n)? | \#[^\n]*)*+  # what means nothing here
    (?: (?P<opening>[(\[{]) | (?P<closing>[)\]}])
    | \n(?P<start>(?=[^\#])) | \n | \Z
    | \"""(?:[^"\\]++ | \\. | "(?!""))*+ (?:\""" | (?P<unended>))
    | \'''(?:[^'\\]++ | \\. | '(?!''))*+ (?:\''' | (?P<unended_too>))
    | "(?:[^"\\\n]++ | \\.)*+ (?:" | (?P<cut>))
    | '(?:[^'\\\n]++ | \\.)*+ (?:' | (?P<cut_too>))
    )""",
    re.DOTALL | re.VERBOSE,
)
_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b")  # with the statement before
_NEVER_INSIDE = re.compile(r"(?:async[ ]def|def|class|import)\b")  # of brackets
_DEEPEST = 50  # brackets; recovering from an error may take time that grows with 2 to the depth


class PythonFile:
    """A file with a cursor."""

    fillers = ("", "x", "x()", "x in x", "x import x")
    ends = ("", ":")
    bodies = (" pass", ": pass")
    has_other_errors = is_doubtful = False

    def __init__(self, prefix: str, suffix: str) -> None:
        prefix = prefix.removeprefix("\ufeff")
        begin = _last_statement(
            prefix[: max(prefix.rfind("\n"), 0)]
        )  # the same for each key of a line
        begin += _begin(prefix[begin:])
        self._before, self._after = prefix[begin:], suffix

    def fits(self, text: str, tail: str = "") -> bool:
        """Whether the statement around the cursor compiles, and leaves what follows as it is."""
        here, behind = self._divided(text, tail)
        if behind is None or not _compiles(here):
            return False
        return _parses(behind) or behind == self._behind

    @cached_property
    def _behind(self) -> str | None:
        """What follows now, be it Python or not."""
        return self._divided("", "")[1]

    def _divided(self, text: str, tail: str) -> tuple[str, str | None]:
        """The statement around the cursor, and what follows; None where a bracket or string stays open."""
        line, feed, later = self._after.partition("\n")
        written = self._before + text + line
        whole = written + tail + feed + later
        end = _end(whole, len(written + tail))
        behind = None if end is None else whole[end:]
        return whole[:end], behind if behind is None or _is_closed(behind) else None

    def swallows(self, _text: str) -> bool:
        """Never: a line that ends outside of brackets ends its statement."""
        return False


def _end(text: str, cursor: int) -> int | None:
    """Where the first statement behind the cursor's begins, or the text ends; None for open brackets."""
    for start in _statements(text):
        if start is None:
            return None
        if (
            start > cursor + 1
        ):  # one that begins on the next line may go on with what is at the cursor
            return start
    return len(text)


def _statements(text: str) -> Iterator[int | None]:
    """Where statements begin at top level, the first one left out; None for what cannot be Python."""
    depth, decorated = 0, text.startswith("@")
    for match in _LEXEME.finditer(text):
        kind = match.lastgroup
        if kind == "start":
            place = match.end()
            if depth and _NEVER_INSIDE.match(text, place):
                yield None
                depth = 0
            if not depth:
                if not decorated and not _GOES_ON.match(text, place):
                    yield place
                decorated = text[place] == "@"
        elif kind == "opening":
            depth += 1
        elif kind == "closing" and depth:
            depth -= 1
        elif kind:
            yield None
        if depth > _DEEPEST:
            yield None
    if depth:
        yield None


def _begin(text: str) -> int:
    """Where the last statement at top level begins."""
    return max((start for start in _statements(text) if start is not None), default=0)


def _closes(text: str) -> bool:
    """Whether no bracket or string stays open."""
    return None not in _statements(text)


def _compiles(text: str) -> bool:
    """Whether a sequence of statements is Python, `return` outside of functions and the like included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape sequence that is none is no error
        try:
            compile(text, "<candidate>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
            return False
    return True


# What stands before the line and behind the statement stays the same while typing.
_last_statement = lru_cache(maxsize=4)(_begin)
_is_closed = lru_cache(maxsize=4)(_closes)
_parses = lru_cache(maxsize=4)(_compiles)
