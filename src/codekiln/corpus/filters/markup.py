"""Rules for files that carry text between tags."""

import re

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject

XML_HEAD, XML_MARK = 100, "<?xml version="
VISIBLE, VISIBLE_SHARE = 100, 0.2

# What is never closed hides all the rest, as in a browser. So no `<` is in vain, and whatever a text
# is made of, each of its characters is passed once.
_HIDDEN = re.compile(
    r"<(?:(script|style)\b.*?(?:</\1\s*>|\Z)|!--.*?(?:-->|\Z)|[^>]*(?:>|\Z))",
    re.DOTALL | re.IGNORECASE,
)


def xml(candidate: Candidate, rules: Rules) -> Verdict:
    """XML under another name: `<?xml version=` in the first 100 characters (The Stack; OpenCoder).

    A recipe that chose XML by name gets it.
    """
    wanted = candidate.language is not None and candidate.language.name in rules.languages
    if not wanted and XML_MARK in candidate.text[:XML_HEAD]:
        return reject("xml")
    return KEEP


def html(candidate: Candidate, _rules: Rules) -> Verdict:
    """HTML with over 100 visible characters that are a fifth of it (The Stack; OpenCoder)."""
    if candidate.language is None or candidate.language.name != "html":
        return KEEP
    visible = len(visible_text(candidate.text))
    if visible < VISIBLE or visible < VISIBLE_SHARE * len(candidate.text):
        return reject("little-visible-text", f"{visible} of {len(candidate.text)} characters")
    return KEEP


def visible_text(text: str) -> str:
    """What a reader of HTML sees: no tags, comments, scripts and styles, and white space as one space."""
    return " ".join(_HIDDEN.sub(" ", text).split())
