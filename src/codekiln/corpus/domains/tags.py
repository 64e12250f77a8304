"""The domains of a file and of a repository."""

from collections import Counter
from collections.abc import Iterable

from codekiln.corpus.domains import rules
from codekiln.corpus.domains.imports import family_of
from codekiln.corpus.domains.manifests import is_manifest, read_manifest

OWN = 3  # votes of a package's own name; what it needs and what it says of itself have one each
STRONG = 0.5  # of the votes of the strongest domain: a lesser one is a means, not the purpose


def file_domains(path: str, text: str, language_name: str) -> frozenset[str]:
    """The domains that a file shows by its language, its path and what it imports; often none."""
    found = rules.of_path(path) | rules.languages().get(language_name, rules.NONE)
    family = family_of(language_name)
    if family is not None:
        table = rules.imports(family.name)
        found = found.union(*map(table.domains, family.names(text)))
    return found


def repository_domains(files: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The domains that a repository's manifests speak for most.

    `files` are paths and texts; those that are no manifests are passed over. What is named more
    than once, or under one entry of the rules, votes once.
    """
    votes: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}

    def cast(table: rules.Table, kind: str, names: Iterable[str], weight: int) -> None:
        for name in names:
            votes.setdefault((kind, table.entry(name)), (weight, table.domains(name)))

    manifests = [read_manifest(path, text) for path, text in files if is_manifest(path)]
    for manifest in manifests:
        cast(rules.packages(manifest.family), manifest.family, manifest.own, OWN)
    for manifest in manifests:
        cast(rules.packages(manifest.family), manifest.family, manifest.needs, 1)
        cast(rules.topics(), "topic", manifest.topics, 1)
    counts: Counter[str] = Counter()
    for weight, domains in votes.values():
        counts.update(dict.fromkeys(domains, weight))
    most = max(counts.values(), default=0)
    return frozenset(domain for domain, count in counts.items() if count >= STRONG * most)
