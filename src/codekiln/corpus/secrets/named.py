"""Secrets that only their names give away: `DB_PASSWORD = "…"`, `api_key: …`, `?token=…`.

Whether a value is one is for the rule to say; this file knows how the languages write a name and
its value. Every pattern takes what it can and gives nothing back, so hostile lines cost no time.
"""

import re
from collections.abc import Iterator

from codekiln.corpus.secrets.excerpt import Excerpt
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.rules import Rule

BEFORE = 60

# What a name goes on with, such as the `Base` of `secretKeyBase`; `tokenizer` and `PASSTHRU` are
# other names.
_REST = r"s?(?:key)?(?:(?:(?<=[a-z])[A-Z]|[0-9_.-])[\w.-]{0,40}+)?+(?![A-Za-z])"
_DOLLAR = r"\$(?![{(])"
_PLAIN = rf"(?P<value>(?:[^\s\"'`<>{{}}$\\&;,()\[\]|*]|{_DOLLAR}){{6,512}}+)"

# name = "value": the name in quotes or an index, with a type, as an argument; the value in a call.
_QUOTED = re.compile(
    rf"""{_REST}["'`]?[ ]?[\])]?+(?:\[\d{{0,4}}\])?+
    (?:[ ]?:[ ]?[&?\w.<>\[\]|]{{1,24}}+(?=\s{{0,4}}=)|[ ]\w{{1,12}}+(?=\s{{0,4}}=))?+
    \s{{0,20}}+(?:=>|->|[=:!]=?=?|\|\||\?\?|or\b|[,(>])?+\s{{0,20}}+
    (?:[\w.:]{{1,40}}+\()?+[rbuLf@]{{0,2}}
    (?P<quote>["'`])(?P<value>(?:[^\s"'`<>{{}}$\\]|{_DOLLAR}){{6,512}}+)(?P=quote)""",
    re.VERBOSE | re.ASCII,
)
# <name>value</name>
_ELEMENT = re.compile(rf"{_REST}>(?P<value>(?:[^\s<>{{}}$]|{_DOLLAR}){{6,512}}+)</", re.ASCII)
# NAME=value in an environment, a query, a connection.
_TIGHT = re.compile(rf"{_REST}[\"']?+={_PLAIN}(?=[\s\"'&<;\\#]|\Z)", re.ASCII)
# name: value, name = value up to the end of the line or of the string in which they stand.
_SPACED = re.compile(
    rf"{_REST}[\"']?+(?::[ ]{{1,8}}+|[ ]=[ ]){_PLAIN}(?=[ \t]*+(?:[\"'\r\n\\#]|\Z))", re.ASCII
)
# --name value
_FLAG = re.compile(rf"{_REST} {_PLAIN}(?=[\s\"']|\Z)", re.ASCII)
_FLAG_NAME = re.compile(r"(?:^|\s)--?[\w.-]*\Z")


def find_named(text: str, near: Excerpt, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Every value that a rule takes for a secret because of the name before it."""
    lowered, near_lowered = _lowered(text), _lowered(near.text)
    for rule in rules:
        for name in rule.names:
            for place in _ends(name, lowered if rule.short else near_lowered):
                span = _value(text, place if rule.short else near.origin(place))
                if span and _is_secret(text, span, rule):
                    yield Finding(*span, rule.kind, rule.rank)


def _lowered(text: str) -> str:
    return text.replace("İ", "I").lower()  # the one letter whose lower case is longer


def _ends(name: str, text: str) -> Iterator[int]:
    place = text.find(name)
    while place >= 0:
        place += len(name)
        yield place
        place = text.find(name, place)


def _value(text: str, place: int) -> tuple[int, int] | None:
    """The span of the value of a name that may end at `place`."""
    forms = (form.match(text, place) for form in (_QUOTED, _TIGHT, _ELEMENT, _SPACED))
    match = next(filter(None, forms), None)
    if not match and _FLAG_NAME.search(text[max(0, place - BEFORE) : place]):
        match = _FLAG.match(text, place)
    return match.span("value") if match else None


def _is_secret(text: str, span: tuple[int, int], rule: Rule) -> bool:
    start, end = span
    before = text[max(0, start - BEFORE) : start].rpartition("\n")[2]
    return bool(rule.pattern.fullmatch(text, start, end)) and rule.accepts(text[start:end], before)
