"""Rules about a text as such: its lines, its letters, and how much of it is comment."""

import re
from functools import cache

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject
from codekiln.languages import Language

SPARSE = 0.02  # share of white space below which a script was minified
SMALLEST_MINIFIED = 500  # characters; shorter scripts may well be dense


def blank(candidate: Candidate, _rules: Rules) -> Verdict:
    """A file of white space alone teaches nothing."""
    return reject("empty") if not candidate.text.strip() else KEEP


def line_length(candidate: Candidate, rules: Rules) -> Verdict:
    """Lines of at most 1000 characters, 100 on average (CodeParrot; SantaCoder, section 4.1)."""
    lines, bounds = candidate.lines, candidate.bounds
    longest, mean = max(map(len, lines)), sum(map(len, lines)) / len(lines)
    most, most_mean = (
        bounds.max_line or rules.max_line,
        bounds.max_mean_line or rules.max_mean_line,
    )
    if longest > most:
        return reject("long-line", f"{longest} characters, {most} allowed")
    if mean > most_mean:
        return reject("long-mean-line", f"{mean:.0f} on average, {most_mean} allowed")
    return KEEP


def length(candidate: Candidate, _rules: Rules) -> Verdict:
    """At most 100,000 lines; JSON and YAML of 50 to 5000 characters (StarCoder 2; OpenCoder).

    OpenCoder's least of ten lines is left out: it would take most of a package's small modules.
    """
    count, size = len(candidate.lines), len(candidate.text)
    least, most = candidate.bounds.characters
    if count > candidate.bounds.lines:
        return reject("too-many-lines", f"{count} lines, {candidate.bounds.lines} allowed")
    if not least <= size <= most:
        return reject("odd-length", f"{size} characters, {least} to {most} allowed")
    return KEEP


def alphanumeric(candidate: Candidate, _rules: Rules) -> Verdict:
    """At least a quarter letters and digits (CodeParrot; The Stack; SantaCoder, section 4.1)."""
    letters, digits = candidate.letters_and_digits
    if letters + digits < candidate.bounds.alphanumeric * len(candidate.text):
        share = (letters + digits) / len(candidate.text)
        return reject("few-letters", f"{share:.0%} letters and digits")
    return KEEP


def alphabetic(candidate: Candidate, _rules: Rules) -> Verdict:
    """Enough letters, and not too many digits (StarCoder 2, section 2.6; OpenCoder, appendix A)."""
    letters, digits = candidate.letters_and_digits
    visible = max(1, len(candidate.text))
    if letters < candidate.bounds.alphabetic * visible:
        return reject("few-letters", f"{letters / visible:.0%} letters")
    if digits > candidate.bounds.digits * visible:
        return reject("many-digits", f"{digits / visible:.0%} digits")
    return KEEP


def comments(candidate: Candidate, _rules: Rules) -> Verdict:
    """At most nine tenths comments, without the one that the file begins with.

    The Stack and OpenCoder draw the line at four fifths of the whole file; docs/log.md says what that
    takes. The Stack's lower bound, one hundredth, is left out: a file without comments is still code.
    """
    pattern = _comment(candidate.language) if candidate.language else None
    if pattern is None:
        return KEEP
    spans = [(match.start(), match.end() - 1) for match in pattern.finditer(f"\n{candidate.text}")]
    head = _end_of_head(candidate.text, spans)
    weight = sum(end - start for start, end in spans if start >= head)
    share = weight / max(1, len(candidate.text) - head)
    if share > candidate.bounds.comments:
        return reject("mostly-comments", f"{share:.0%} comments")
    return KEEP


def _end_of_head(text: str, spans: list[tuple[int, int]]) -> int:
    """Where the comment that a file begins with, mostly its licence, ends: at code or a blank line."""
    head = 0
    for start, end in spans:
        between = text[head:start]
        if between.strip() or (head and between.count("\n") > 1):
            break
        head = end
    return head


def minified(candidate: Candidate, _rules: Rules) -> Verdict:
    """Scripts and style sheets with hardly any white space (github-linguist, `generated.rb`)."""
    language, text = candidate.language, candidate.text
    if language is None or language.name not in ("javascript", "css"):
        return KEEP
    space = text.count(" ") + text.count("\n") + text.count("\t")
    if len(text) >= SMALLEST_MINIFIED and space < SPARSE * len(text):
        return reject("minified", f"{space / len(text):.1%} white space")
    return KEEP


@cache
def _comment(language: Language) -> re.Pattern[str] | None:
    """Lines that are comments, and blocks of comment that begin a line; one without an end goes on.

    The pattern begins with the line feed before, because one with a literal there is fast.
    """
    patterns = []
    if language.line_comment:
        patterns.append(rf"{re.escape(language.line_comment)}.*")
    if language.block_comment:
        start, end = map(re.escape, language.block_comment)
        patterns.append(rf"{start}(?s:.*?)(?:{end}|\Z)")
    return re.compile(rf"\n[ \t]*(?:{'|'.join(patterns)})") if patterns else None
