"""Everything that is secret in one text: formats, values by their names, armoured keys."""

from functools import cache

from codekiln.corpus.secrets.armour import find_armoured
from codekiln.corpus.secrets.finding import Finding, without_overlaps
from codekiln.corpus.secrets.formats import Formats, find_formats
from codekiln.corpus.secrets.named import find_named
from codekiln.corpus.secrets.rules import Rule, rules
from codekiln.corpus.secrets.windows import windows


def find(text: str) -> list[Finding]:
    """The secrets in order of place, none overlapping another. Takes time linear in the text."""
    formats, names = _by_sort()
    near = windows(text)
    return without_overlaps(
        [
            *find_armoured(text, near),
            *find_formats(text, near, formats),
            *find_named(text, near, names),
        ]
    )


@cache
def _by_sort() -> tuple[Formats, tuple[Rule, ...]]:
    return (
        Formats(rule for rule in rules() if rule.keywords),
        tuple(rule for rule in rules() if rule.names),
    )
