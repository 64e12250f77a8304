"""Secrets that their own format gives away: a prefix, a length, a sum of parts."""

import re
from collections.abc import Iterable, Iterator

from codekiln.corpus.secrets.excerpt import Excerpt
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.keywords import every_match, prefix_tree
from codekiln.corpus.secrets.rules import Rule

LEADING = 64  # a mailbox name is no longer (RFC 5321, 4.5.3.1.1)
BEFORE = 60
LINE = 300

# What a word goes on from; but neither the n of an escaped "\nAKIA" nor the F of "%2FAKIA".
_IN_WORD = re.compile(r"(?<!\\)(?<!%[0-9A-F])[A-Za-z0-9]\Z|\\[A-Za-z0-9]{2}\Z")


class Formats:
    """The rules with keywords, made ready for many texts."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        chosen = tuple(rules)
        self.everywhere = tuple(rule for rule in chosen if rule.short)
        near = [rule for rule in chosen if not rule.short]
        keywords = {keyword for rule in near for keyword in rule.keywords}
        self._keyword = re.compile(prefix_tree(keywords) or "(?!)")
        self._by_keyword = {
            keyword: [rule for rule in near if keyword.startswith(rule.keywords)]
            for keyword in keywords
        }

    def hinted_at(self, near: str) -> Iterable[Rule]:
        """The rules with a keyword in the text. Most texts hold none, and that is cheap to see."""
        keywords = set(every_match(self._keyword, near))
        rules = {rule.rank: rule for keyword in keywords for rule in self._by_keyword[keyword]}
        return rules.values()


def find_formats(text: str, near: Excerpt, formats: Formats) -> Iterator[Finding]:
    """Every secret in one of the formats."""
    for rule in (*formats.everywhere, *formats.hinted_at(near.text)):
        if not _is_absent(rule, text):
            yield from _matches(text, rule)


def _is_absent(rule: Rule, text: str) -> bool:
    """Whether its keyword, if that is one character, is not there: seen much faster than by a pattern."""
    keyword = rule.keywords[0]
    return len(keyword) == 1 and keyword not in text


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
        line = text[max(0, start - LINE) : start].rpartition("\n")[2]
        if rule.accepts(text[start:end], before) and rule.after.search(line):
            yield Finding(start, end, rule.kind, rule.rank)
