"""What of a legal text counts when two are compared: its words, without who holds the copyright.

Which licence the words are is the business of `texts.py` and `notices.py`.
"""

import re

# A line that says who holds the copyright, not one that speaks of "the above copyright notice"; it
# ends early where it goes on to say what is granted or withheld.
_HOLDER = re.compile(
    r"^[^\w\n]*(?:(?:portions )?copyright(?!\W*(?:holder|owner|notice|licen[cs]e))[ \t:]*"
    r"(?:\(c\)|©|\(r\)|[\[<{]|\d{4}|(?-i:[A-Z]))|(?:\(c\)|©)[ \t]*(?:copyright|\d{4}))"
    r"(?:(?!licen[cs]|permi|released|distribut|confiden|propriet|unpublish|[al]?gpl|prohibit|eula|secret"
    r"|commerc|evaluat|forbid|restrict|\b(?:you|do|may|must|shall) (?:\w+ )?not\b|\b(?:not|no|only|use"
    r"|under|subject|this|governed|covered|internal|source|see|terms|agreement|cc0|cc[ -]by)\b)[^\n])*",
    re.IGNORECASE | re.MULTILINE,
)
# On text in lower case, in order. Licences of the BSD, MIT and ISC families name the holder in the
# middle of a sentence; a version keeps its number, which a clause's number would hide.
# Patterns begin with a letter where they can: `re` finds that faster than a word boundary or a choice.
_REWRITTEN = (
    (re.compile(r"all rights reserved\b"), " "),
    (re.compile(r"https?://\S+"), " "),
    (re.compile(r"www\.\S+"), " "),
    (re.compile(r"neither\s+the\s+names?\s.{1,200}?\bnor\b", re.DOTALL), "neither nor"),
    (re.compile(r"provided\s+by\b.{1,250}?\bas[\s-]+is\b", re.DOTALL), "provided as is"),
    (re.compile(r"in\s+no\s+event\b.{1,300}?\bliable\b", re.DOTALL), "in no event liable"),
    (re.compile(r"as is\W{,3}and\b.{1,80}?\bdisclaims?\b", re.DOTALL), "as is disclaims"),
    (re.compile(r"\.\W{1,20}[^.]{1,120}?\bdisclaims?\s+all\b"), ". disclaims all"),
    (re.compile(r"name\s+of\b.{1,120}?\bnot\s+be\s+used", re.DOTALL), "name not be used"),
    (re.compile(r"gpl[\s-]{1,3}(?=\d)"), "gpl v"),
    (re.compile(r"v(?<!\wv)(?:ersions?)?(?:[ \t]*\n[^\w\n]*|[\s.]*)(?=\d)"), " v"),
    (re.compile(r"([0-4]|zero|one|two|three|four)[\s-]+clauses?\b"), r" \1clause"),
)
# What the slow ones among them cannot do without.
_NEEDED = {
    ". disclaims all": re.compile(r"disclaims?\s+all\b"),
    r" \1clause": re.compile(r"clause"),
}
_CHARACTERS = (("'", ""), ("’", ""), ("‐", "-"), ("‑", "-"))
_HYPHEN = re.compile(r"-(?<=[a-z].)(?:[ \t]*\n[^\w\n]*|\s*)(?=[a-z])")
_WORD = re.compile(r"[a-z0-9]{2,}(?:\.\d+)*\+?|\d(?:\.\d+)+\+?")


def words(text: str) -> list[str]:
    """The words of a legal text in lower case.

    Copyright lines, holders, addresses, quotes, bullets, numbers of clauses and words of one letter
    are left out, as the matching guidelines of SPDX (specification 2.3, annex B) allow.

    >>> words("Copyright (c) 2020 A. Holder\\n\\n 1. This, version 2.1, is non-\\n    free.")
    ['this', 'v2.1', 'is', 'nonfree']
    """
    text = _HOLDER.sub("", text).lower()
    for pattern, replacement in _REWRITTEN:
        needed = _NEEDED.get(replacement)
        if needed is None or needed.search(text):
            text = pattern.sub(replacement, text)
    for character, plain in _CHARACTERS:
        text = text.replace(character, plain)
    text = _HYPHEN.sub("", text)
    return _WORD.findall(text.replace("licence", "license"))
