"""Secrets that their own format gives away: a prefix, a length, a sum of parts."""

import re
from collections.abc import Iterator

from codekiln.corpus.secrets.excerpt import Excerpt
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.rules import Rule

LEADING = 64  # a mailbox name is no longer (RFC 5321, 4.5.3.1.1)
BEFORE = 60

# What a word goes on from; but neither the n of an escaped "\nAKIA" nor the F of "%2FAKIA".
_IN_WORD = re.compile(r"(?<!\\)(?<!%[0-9A-F])[A-Za-z0-9]\Z|\\[A-Za-z0-9]{2}\Z")


def find_formats(text: str, near: Excerpt, formats: tuple[Rule, ...]) -> Iterator[Finding]:
    """Every secret in one of the formats. Most texts hold no keyword, and that is cheap to see."""
    for rule in formats:
        place = text if rule.short else near.text
        for keyword in rule.keywords:
            if keyword in place:
                yield from _matches(text, rule)
                break


def _matches(text: str, rule: Rule) -> Iterator[Finding]:
    group = "secret" if "secret" in rule.pattern.groupindex else 0
    for match in rule.pattern.finditer(text):
        start, end = match.span(group)
        if rule.leading:
            head = text[max(0, start - LEADING) : start]
            start -= len(head) - len(head.rstrip(rule.leading))
        before = text[max(0, match.start() - BEFORE) : start].rpartition("\n")[2]
        if not rule.inside_words and _IN_WORD.search(before):
            continue
        if rule.accepts(text[start:end], before):
            yield Finding(start, end, rule.kind, rule.rank)
