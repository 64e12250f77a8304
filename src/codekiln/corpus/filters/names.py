"""Rules about a file's name: nothing was read yet."""

import fnmatch
import re
import tomllib
from functools import cache
from importlib import resources

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject
from codekiln.languages import Language


def size(candidate: Candidate, rules: Rules) -> Verdict:
    """Files over 1 MB are data (StarCoder 2, section 2.6; The Stack kept under 1 MB)."""
    if candidate.size is None:
        return KEEP
    if candidate.size > rules.max_bytes:
        return reject("too-large", f"{candidate.size} bytes, {rules.max_bytes} allowed")
    return KEEP if candidate.size else reject("empty")


def known_language(candidate: Candidate, _rules: Rules) -> Verdict:
    """Only files in a language of the registry (The Stack, section 3: by extension)."""
    if candidate.language or (candidate.nameless and not candidate.raw):
        return KEEP
    return reject("unknown-language", candidate.path.rpartition("/")[2])


def chosen_language(candidate: Candidate, rules: Rules) -> Verdict:
    """Only the kinds and languages that the recipe chose."""
    language = candidate.language
    if language is None:
        return KEEP
    if rules.languages:
        return KEEP if language.name in rules.languages else _not_chosen(language)
    return KEEP if language.kind in rules.kinds else _not_chosen(language)


def _not_chosen(language: Language) -> Verdict:
    return reject("language-not-chosen", f"{language.name} ({language.kind})")


def vendored(candidate: Candidate, _rules: Rules) -> Verdict:
    """Copies of other projects (github-linguist, `vendor.yml`): their own repository has them."""
    return _by_name("vendored", candidate.path)


def minified_name(candidate: Candidate, _rules: Rules) -> Verdict:
    """Names that build tools give to minified files (github-linguist, `generated.rb`)."""
    return _by_name("minified", candidate.path)


def generated_name(candidate: Candidate, _rules: Rules) -> Verdict:
    """Names that generators give to what they write (github-linguist, `generated.rb`)."""
    return _by_name("generated", candidate.path)


def _by_name(rule: str, path: str) -> Verdict:
    folders, files = _patterns()[rule]
    *above, name = path.lower().split("/")
    for folder in above:
        if folder in folders:
            return reject(rule, f"in a folder {folder}")
    return reject(rule, f"named {name}") if files.match(name) else KEEP


@cache
def _patterns() -> dict[str, tuple[frozenset[str], re.Pattern[str]]]:
    text = resources.files(__package__).joinpath("names.toml").read_text(encoding="utf-8")
    return {
        rule: (
            frozenset(table.get("folders", ())),
            re.compile("|".join(map(fnmatch.translate, table["files"]))),
        )
        for rule, table in tomllib.loads(text).items()
    }
