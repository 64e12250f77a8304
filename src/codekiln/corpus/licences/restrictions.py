"""What keeps back, for its holder, what a permissive licence grants.

Looked for in words (`words.py`) that belong to no text we know: the texts themselves say "may not be
used to endorse" and the like. Which licences a text grants is found in `texts.py` and `meaning.py`.
"""

import re
from collections.abc import Iterable, Sequence

_LIMITED = (
    r"(?:academic|educational|evaluation|personal|private|research|internal|demonstration|teaching"
    r"|nonprofit|trial)"
)
_GIVE_ON = (
    r"(?:cop(?:y|ied)|sold|sell|(?:re)?distributed?|reproduced?|disclosed?|publish(?:ed)?"
    r"|transmit(?:ted)?|sublicensed?)"
)
_WORK = (
    r"(?:this|(?:these|the|such)(?: \w+){0,3}? (?:file|software|program|source|code|material|work"
    r"|document|documentation|library|module|script|package|content|information)s?)"
)
_NO_EXCEPTION = r"(?!(?: \w+){0,8} except\b)"
# "For personal and commercial use" keeps back nothing.
_ALL_USES = re.compile(
    rf"\b(?:(?:non ?commercial|{_LIMITED})(?: use| purposes?)? (?:and|or|andor) (?:non ?)?commercial"
    rf"|commercial (?:and|or|andor) (?:non ?commercial|{_LIMITED}))(?: use| purposes?)?\b"
)
# A pattern is tried on words that hold what stands before it: that is found much faster.
_Patterns = Sequence[tuple[str, re.Pattern[str]]]


def _patterns(*patterns: tuple[str, str]) -> _Patterns:
    return [(needle, re.compile(pattern)) for needle, pattern in patterns]


# Wherever one of these stands, the file is not for all.
_RESERVED = _patterns(
    ("commercial", r"\bnon ?commercial(?:ly)?\b|\bcommercial licen[cs]"),
    (
        "profit",
        r"\bnon ?profit\b(?! (?:organi[sz]ation|corporation|foundation|company|association))",
    ),
    ("commons", r"\bcommons clause\b"),
    ("deriv", r"\bno ?deriv"),
    ("source", r"\bsourceavailable\b|\b(?:shared|fair) ?source\b"),
    (
        "propriet",
        r"\bproprietary (?:and|to|rights?|licen[cs]es?|information|source|property|confidential"
        r"|material)\b",
    ),
    (
        "propriet",
        r"\b(?:this|all)(?: \w+){0,3} (?:is|are|remains?|contains?) (?:\w+ )?proprietary\b",
    ),
    (
        "confiden",
        r"\b(?:this|all)(?: \w+){0,3} (?:is|are|remains?|contains?) (?:\w+ )?confidential\b",
    ),
    ("confiden", r"\bconfidential (?:and|information|property|material)\b"),
    ("secret", r"\btrade secrets?\b"),
    ("ly ", r"\b(?:strictly|expressly) (?:prohibited|forbidden)\b"),
    (
        "unauthori",
        r"\bunauthori[sz]ed (?:copying|use|reproduction|distribution|modification)\b",
    ),
    (
        "ion",
        r"\b(?:copying|distribution|redistribution|reproduction|disclosure|duplication)(?: \w+){0,12}?"
        r" (?:is|are) (?:\w+ )?(?:prohibited|forbidden|not (?:permitted|allowed))\b",
    ),
    (
        " not be ",
        rf"\b{_WORK}(?: \w+){{0,12}}? (?:may|must|shall|can) not be {_GIVE_ON}\b{_NO_EXCEPTION}",
    ),
    ("you ", rf"\byou (?:may|must|shall) not (?:use|modify|{_GIVE_ON})\b{_NO_EXCEPTION}"),
    (
        "without",
        rf"\b(?:{_GIVE_ON}|used)(?: (?!or\b)\w+){{0,8}} without(?: \w+){{0,5}}?"
        r" (?:permission|consent|authori[sz]ation|approval|licen[cs]e|agreement)\b(?! notices?)",
    ),
    ("no ", r"\bno (?:licen[cs]es?|rights?)\b(?: \w+){0,20}? (?:granted|conferred)\b"),
    (
        "no part",
        r"\bno part of (?:this|the) (?:file|software|program|publication|work|code|material|source)",
    ),
    ("grant", r"\bgrants? no (?:licen|right)"),
    ("not for", r"\bnot for (?:re)?distribution\b"),
    ("unpublished", r"\bunpublished (?:rights|works?|source|code|property|proprietary|and)\b"),
    ("restricted rights", r"\brestricted rights\b"),
    (
        "permission",
        r"\b(?:code|file|software|source|material)s?(?: \w+){0,6}? used (?:with|by) (?:the )?permission\b",
    ),
    (
        "require",
        r"\brequires?(?: \w+){0,4} (?:written|prior|express)(?: \w+){0,2}"
        r" (?:permission|consent|approval)\b",
    ),
    (" use require", r"\b(?:commercial|business|production|corporate) use requires?\b"),
    ("free ", rf"\bfree (?:of charge )?for {_LIMITED}\b"),
    (
        "you ",
        r"\byou (?:need|require|must (?:have|purchase|obtain|buy|acquire))(?: \w+){0,2} licen[cs]e\b"
        r"(?! (?:header|file|check|key|text))",
    ),
    ("grant", r"\bgrant(?:ed|s)?(?: \w+){0,3} (?:revocable|limited|non ?transferable)\b"),
    ("only", r"\b(?:products?|devices?|hardware) only\b"),
    (
        "solely",
        r"\bsolely (?:with|for)(?: \w+){0,3} (?:use|purposes?|products?|devices?|hardware)\b",
    ),
    ("retain", r"\bretains? all\b"),
    ("intellectual", r"\bintellectual property rights under\b"),
    ("property of", r"\b(?:the|exclusive|sole) property of(?! (?:its|their|the respective)\b)"),
    ("licensee", r"\bnotice to licensee\b"),
    ("licensed", r"\blicensed (?:deliverables|materials?)\b"),
    ("subject to", r"\bsubject to licen[cs]e terms\b"),
    ("authori", r"\bauthori[sz]ed (?:users?|customers?|licensees?|persons?|employees?|parties)\b"),
    # Not a title: some call the BSD's text an agreement.
    (
        "agreement",
        r"\b(?:terms|under|subject to|governed|accordance|bound|accept|see)(?: \w+){0,10}?"
        r" (?<!psf )(?<!contributor )licen[cs]e agreements?\b",
    ),
    ("user", r"\bend ?user licen[cs]e\b"),
    ("eula", r"\beula\b"),
    ("disclos", r"\bnon ?disclosure\b"),
    ("express", r"\bgoverned by the express licen[cs]e\b"),
    (
        "terms of",
        r"\b(?:subject to|governed by|under|accept|agree to|bound by)(?: \w+){0,6}"
        r" terms of (?:service|use)\b",
    ),
    # What is named is not for this, or not for all of it.
    (
        "not ",
        r"\bnot (?:\w+ )?(?:licensed|covered|released|distributed|available)(?: \w+)? (?:under|by)\b"
        r"|\bnot licensed\b",
    ),
    ("not ", r"\bnot (?:be )?(?:permitted|allowed|granted)\b(?! for the use of any)"),
    ("does not", r"\bdoes not (?:apply|cover|extend)\b"),
    ("is not", r"\bis not (?:under )?(?:open ?source|free software)\b"),
    ("from", r"\b(?:excluded|exempt) from\b"),
    (
        "this",
        r"\b(?:but|except|excluding|apart from)(?: for)? this (?:file|module|code|program|folder)\b",
    ),
)
# Said of a licence, these take something back.
_TAKEN_BACK = _patterns(
    ("commercial", r"\bcommercial (?:use|purpose|exploitation|redistribution)"),
    ("evil", r"\bevil\b"),
    ("prohibited", r"\bprohibited\b"),
    ("forbidden", r"\bforbidden\b"),
    (" ", rf"\b{_LIMITED} (?:use|users?|purposes?|only|and)\b"),
    (
        "not ",
        r"\b(?:(?:must|shall|may|can) not|cannot) (?:be )?"
        rf"(?:{_GIVE_ON}|used?|modify|modified|train|licensed|run|shared?)\b"
        rf"(?! to endorse| in advertising| for advertising){_NO_EXCEPTION}",
    ),
    ("only", r"\b(?:used?|(?:re)?distributed|copied) only (?:for|by|in|within|with)\b"),
    ("only", r"\bonly be used\b|\buse only\b|\bonly for use\b|\b(?:permission|customers) only\b"),
    (
        "ion",
        r"\b(?:additional|further|following|certain|some|these|other) (?:restriction|limitation)s?\b",
    ),
    ("additional", r"\badditional (?:terms|conditions?)\b"),
    (
        "with ",
        r"\bwith (?:the |these |some |certain |minor )?(?:following )?"
        r"(?:restriction|limitation|modification|amendment)s?\b",
    ),
    ("exception", r"\bwith (?:the )?(?:following )?exceptions? that\b"),
    (
        "prior written",
        r"(?<!specific )\bprior written (?:consent|permission|approval|agreement)\b",
    ),
)
# In a licence's own words, not in what a file is about.
_IN_TERMS = _patterns(
    ("militar", r"\bmilitary\b"),
    ("weapon", r"\bweapons?\b"),
    ("learning", r"\bmachine learning\b"),
    ("artificial", r"\bartificial intelligence\b"),
    ("confiden", r"\bconfidential\b"),
)
# What a grant is made of: a copy of a text that lacks one of them grants less.
_RIGHTS = frozenset(
    {"use", "copy", "modify", "distribute", "sublicense", "sell", "commercial", "any person",
     "any purpose", "without restriction", "free of", "of charge", "hereby granted", "are permitted",
     "or without", "source and"}
)  # fmt: skip


def reserved(sequence: Sequence[str]) -> bool:
    """Whether words keep a file for its holder, whatever licence they name, if any.

    >>> reserved("this may not be copied".split()), reserved("this may be copied".split())
    (True, False)
    """
    return _finds(sequence, _RESERVED)


def restricted(sequence: Sequence[str], in_terms: bool = True) -> bool:
    """Whether words beside a permissive licence keep back what it grants.

    `in_terms` says that all of them are terms: none is about what the code does.

    >>> restricted("not for non commercial use".split()), restricted("thanks to all".split())
    (True, False)
    """
    return _finds(sequence, _RESERVED, _TAKEN_BACK, *((_IN_TERMS,) if in_terms else ()))


def curtailed(missing: Iterable[str]) -> bool:
    """Whether words, or pairs of words, that a copy of a licence lacks take one of its rights away.

    >>> curtailed(["sell", "the"]), curtailed(["the", "holders"])
    (True, False)
    """
    return not _RIGHTS.isdisjoint(missing)


def _finds(sequence: Sequence[str], *tables: _Patterns) -> bool:
    said = _ALL_USES.sub(" ", " ".join(sequence)) + " "
    return any(
        needle in said and pattern.search(said)
        for patterns in tables
        for needle, pattern in patterns
    )
