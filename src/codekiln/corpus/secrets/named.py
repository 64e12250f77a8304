"""Secrets that only their names give away: `DB_PASSWORD = "…"`, `api_key: …`, `?token=…`.

Whether a value is one is for the rule to say; this file knows how the languages write a name and
its value. Every pattern takes what it can and gives nothing back, so hostile lines cost no time.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple

from codekiln.corpus.secrets.excerpt import Excerpt
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.keywords import prefix_tree
from codekiln.corpus.secrets.public import is_public
from codekiln.corpus.secrets.rules import Rule

BEFORE = 60
MAX_ITEMS = 40  # of a list


class Form(NamedTuple):
    """What follows a name: its value, and before it what makes it one."""

    after: re.Pattern[str]
    before: re.Pattern[str] | None = None  # what has to stand before, the name included


# What a name goes on with, such as the `Base` of `secretKeyBase`; `tokenizer` and `PASSTHRU` are
# other names.
_REST = re.compile(
    r"s?(?:key)?(?:(?:(?<=[a-z])[A-Z]|[0-9_.-])[\w.-]{0,40}+)?+(?![A-Za-z]|[ ]*+(?:[\r\n]|\Z))",
    re.ASCII,
)
_NAME = re.compile(r"[\w.-]*\Z")
_DOLLAR = r"\$(?![{(])"
_PLAIN = rf"(?P<value>(?:[^\s\"'`<>{{}}$\\&;,()\[\]|*]|{_DOLLAR}){{6,512}}+)"
_QUOTE = r"(?P<quote>\\{0,3}[\"'`])"
_CLOSED = r"(?:\\{0,3}[\"'`])?"  # the name's own quotes
_IN_QUOTES = r"(?:[^\\\r\n\"'`]|(?!(?P=quote))(?:\\[^\r\n]|[\"'`]))"

# name = "value": the name in quotes or an index, with a type, as an argument; the value in a call.
_TYPE = r"""(?:[ ]?:[ ]?(?:&'static[ ])?[&?\w.<>\[\]|]{1,24}+(?:[ ]\|[ ]\w+)?(?=\s{0,4}=)
    |(?<!["'])[ ](?:As[ ])?\w{1,12}+(?=\s{0,4}=)
    |[ ](?:value|default)(?==)|(?:[ ]-[A-Za-z]{1,16}+){1,3}+)"""
_SIGN = r"(?:=>|->|[=:!]=?=?|\|\|=?|\?\?=?|or\b|[,(>])"
_QUOTED = re.compile(
    rf"""{_CLOSED}[ ]?[\])]?+(?:\[\d{{0,4}}\])?+{_TYPE}?+
    (?:\s{{0,20}}+{_SIGN}(?:[ ]{{0,4}}+[\w.:]{{1,40}}+\(\s{{0,20}}+|\s{{0,20}}+)|[ ]{{0,4}}+)
    [rbuLf@]{{0,2}}{_QUOTE}(?P<value>{_IN_QUOTES}{{6,512}}+)(?P=quote)""",
    re.VERBOSE | re.ASCII,
)
# <name>value</name>
_ELEMENT = re.compile(rf">(?P<value>(?:[^\s<>{{}}$]|{_DOLLAR}){{6,512}}+)</", re.ASCII)
# NAME=value in an environment, a query, a connection.
_TIGHT = re.compile(rf"[\"']?+={_PLAIN}(?=[\s\"'&<;\\#]|\Z)", re.ASCII)
# …;name=value; in a connection, where signs are the value's own.
_CONNECTION = re.compile(
    rf"=(?P<value>(?:[^\s\"'`<>{{}}$\\;\[\]|]|{_DOLLAR}){{6,128}}+)(?=[;\"'])", re.ASCII
)
_IN_CONNECTION = re.compile(r";[ ]?(?:[A-Za-z]{1,12} )?[A-Za-z]*\Z")
# NAME=value, name: value as a line of its own, where signs are the value's own.
_LINE = re.compile(
    rf"(?:=|:[ ])(?P<value>(?:[^\s\"'`<>{{}}$\\&;\[\]|]|[&;](?!\w+=)|{_DOLLAR}){{6,128}}+)"
    r"[ \t]{0,8}(?=[\r\n]|\Z)",
    re.ASCII,
)
_IN_LINE = re.compile(r"(?:\A|\n)[ \t]*(?:export |ENV |set |- )?[\w.-]*\Z")
# name: value, name = value up to the end of the line or of the string in which they stand.
_SPACED = re.compile(
    rf"[\"']?+(?::[ ]{{1,8}}+|[ ]=[ ]){_PLAIN}(?=[ \t]*+(?:[\"'\r\n\\#]|\Z))", re.ASCII
)
# --name value; login user password value
_FLAG = re.compile(rf" {_PLAIN}(?=[\s\"']|\Z)", re.ASCII)
_IN_FLAG = re.compile(r"(?:^|\s)--?[\w.-]*\Z|(?:\A|\n)ENV \w*\Z")
_IN_LOGIN = re.compile(r"(?:\A|\n|machine \S{1,40}+)\s*login\s+\S{1,40}+\s+\w+\Z")
_FORMS = (
    Form(_QUOTED),
    Form(_CONNECTION, _IN_CONNECTION),
    Form(_LINE, _IN_LINE),
    Form(_TIGHT),
    Form(_ELEMENT),
    Form(_SPACED),
    Form(_FLAG, _IN_FLAG),
    Form(_FLAG, _IN_LOGIN),
)

# name = ["value", "value"]; and in YAML name: [value, value], or below the name - value
_LIST = re.compile(
    rf"{_CLOSED}[ ]?(?:\[\])?(?:(?P<plain>:\s{{0,40}}+(?:\[|(?=- )|[|>][+-]?\n))|[ ]?=>?\s{{0,8}}+[\[({{])",
    re.ASCII,
)
_ITEM = re.compile(
    rf"\s{{0,40}}+(?:-[ ]{{1,4}}+)?(?:[bu]?{_QUOTE}(?P<value>{_IN_QUOTES}{{0,128}}+)(?P=quote)"
    r"|(?P<plain>[^\s\"'`<>{}$\\&;,()\[\]|*#:=]{1,128}+))[ ]?(?:,|(?=[\])}\r\n]|\Z))",
    re.ASCII,
)


def find_named(text: str, near: Excerpt, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Every value that a rule takes for a secret because of the name before it."""
    lowered, near_lowered = _lowered(text), _lowered(near.text)
    for rule in rules:
        for name in _names(rule.names):
            for match in name.finditer(lowered if rule.short else near_lowered):
                place = match.end() if rule.short else near.origin(match.end())
                yield from _after(text, place, rule)


def _lowered(text: str) -> bytes:
    """A byte for each character, so that places are the same."""
    return text.encode("ascii", "replace").lower()


@cache
def _names(names: tuple[str, ...]) -> list[re.Pattern[bytes]]:
    """Patterns of all the names, each with a beginning that is fixed, for that is what is found fast."""
    groups = groupby(sorted(names), key=lambda name: name[:2])
    return [re.compile(prefix_tree(group).encode() + rb"(?!\n(?!\0))") for _, group in groups]


def _after(text: str, place: int, rule: Rule) -> Iterator[Finding]:
    """The secrets that follow a name that may end at `place`."""
    rest = _REST.match(text, place)
    if not rest:
        return
    for span in _values(text, place, rest.end()):
        if _is_secret(text, span, rule) and not is_public(_name(text, place), rest[0]):
            yield Finding(*span, rule.kind, rule.rank)


def _values(text: str, place: int, start: int) -> Iterator[tuple[int, int]]:
    """The span of each value of a name that ends at `start`; its secret word ends at `place`."""
    opening = _LIST.match(text, start)
    if opening:
        yield from _items(text, opening.end(), plain=bool(opening["plain"]))
        return
    head = text[max(0, place - BEFORE) : place]
    for form in _FORMS:
        match = form.after.match(text, start)
        if match and (not form.before or form.before.search(head)):
            yield match.span("value")
            return


def _items(text: str, place: int, plain: bool) -> Iterator[tuple[int, int]]:
    """The span of each item of a list, whose items may be without quotes if it is `plain`."""
    for _ in range(MAX_ITEMS):
        item = _ITEM.match(text, place)
        if not item or (item["plain"] and not plain):
            return
        yield item.span("plain" if item["plain"] else "value")
        place = item.end()


def _name(text: str, place: int) -> str:
    """The name up to `place`, as far as its letters, digits, dots, - and _ reach."""
    name = _NAME.search(text[max(0, place - BEFORE) : place])
    return name[0] if name else ""


def _is_secret(text: str, span: tuple[int, int], rule: Rule) -> bool:
    start, end = span
    before = text[max(0, start - BEFORE) : start].rpartition("\n")[2]
    return bool(rule.pattern.fullmatch(text, start, end)) and rule.accepts(text[start:end], before)
