"""Whether a value is a password that somebody chose, rather than code or a sentence about one."""

import base64
import re
from urllib.parse import unquote

from codekiln.corpus.secrets.exempt import EXEMPT, any_of
from codekiln.corpus.secrets.randomness import is_random

# What stands after `password` in code without being one.
_CODE = re.compile(
    r"::|->|//|%[sdr](?![A-Za-z0-9])|%\(|\A[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z"
    r"|\A[a-z0-9]+(?:[-_][a-z0-9]+)+\Z|\A[A-Z]+_[A-Z0-9_]+\Z|[:=,;]\Z"
    r"|\A0[xX]|:\d+\Z|\A\d{4}-\d\d-\d\d"  # a number, a port, a date
    r"|[A-Za-z_]{3}\w*\([^()]*\)|\(\)|\(\Z"  # a call
    r"|\\[dswDSWBnrtux0(]|\A[A-Za-z]:\\"  # an escape, a path
    r"|\(\?|\[\^?[\w\\]-|\.[*+](?:[?)]|\$?\Z)|\A\^.*\$\Z"  # a pattern
    # What stands between two strings: ", "
    r"|[\"'`]\s*[-+:,.=)}\]]|[-+:,.=({\[]\s*[\"'`]|\A[\"'`\s]|[\"'`\s]\Z|\A[+.&].*[+.&]\Z"
    r"|\A[a-z_]+(?::[\w,]+)?(?:\|[a-z_]+(?::[\w,]+)?)+\Z|\A\*.*\*\Z"  # choices, a mask
    r"|[$#]\{|\$\(|\{(?:\d*,?\d*|[A-Za-z_][\w.:!%\[\]-]*)\}|<[^<>]*>"  # a field, a tag
)
_SIGN = re.compile(r"\A[-./#&:@%\[$\\]")  # of a path, a selector, an option, a variable
_BARE = re.compile(r"[=:]\s*\Z")  # before a value without quotes, which may be
_POINTER = re.compile(r"\A[*|]|&&")  # the name of a value, or a condition
_ALGORITHM = re.compile(
    r"sha-?[1235]|md[45]|utf-?8|base64|oauth|pbkdf2|bcrypt|argon2|ascii|iso-?8859|x509|pkcs|hmac",
    re.I,
)
_ASKED_FOR = re.compile(
    rf"\A(?:[A-Za-z0-9_.-]*(?:[_.-]\??|(?<=[a-z0-9])(?=[A-Z])))?(?i:(?:{any_of('generic')})*"
    r"(?:passw(?:or)?d|pass|pwd|secret|token|key))[\w.-]{0,3}[?!:*]*\Z"
)
_VERB = re.compile(r"(?<![_.-])[Pp]ass[\"'`\]) ]*[,( ]*[rbuLf@]{0,2}[\"'`]\Z")  # "pass `x`"
# Of several words: one that is no word of a sentence, for it has digits or signs inside.
_SENTENCE = frozenset(EXEMPT["sentence"])
_MIXED = re.compile(
    r"[A-Za-z][0-9!@#$%^&*~+=]+[A-Za-z0-9]|[0-9!@#$%^&*~+=]+[A-Za-z]+[0-9!@#$%^&*~+=]"
)
_IDENTIFIER = re.compile(r"\A[A-Za-z_]+[0-9]{0,2}\Z|\A\*?[A-Z0-9_]+\Z|:")
# Rather than the next of some arguments.
_ASSIGNED = re.compile(
    r"(?:[=:>]\s*\(?|(?:[sS]et|[wW]ith|\.)_?[pP]ass\w*\()\s*[rbuLf@]{0,2}\\{0,3}[\"'`]\Z"
    r"|-(?:p ?|u ?[\"']?[^\s:]+:|-(?:proxy-)?user[ =][\"']?[^\s:]+:)[\"']?\Z"
    r"|(?:\A\s*(?:export |ENV |set |- )?|-e |--env )[A-Z][A-Z0-9_]*=\Z"
)
_TEMPLATE = re.compile(r"\A[$*]|\A%(?![0-9A-Fa-f]{2})|\A[A-Z_]+\Z")
_SHOWN = frozenset(EXEMPT["shown"])


def is_password(value: str, before: str) -> bool:
    """Letters with digits or signs, as people and generators make them; not what code is made of."""
    value = unquote(value)
    if not re.search(r"[A-Za-z]", value):
        return False
    if not re.search(r"[0-9!@#$%^&*?~+]", value):
        return is_random(value, before)
    if _CODE.search(value) or _ALGORITHM.search(value) or _ASKED_FOR.search(value):
        return False
    if _VERB.search(before) or (_BARE.search(before) and _POINTER.search(value)):
        return False
    if _SIGN.match(value):
        return is_random(value, before)
    assigned = bool(_ASSIGNED.search(before))
    if " " in value:
        return assigned and _is_phrase(value)
    return assigned or not _IDENTIFIER.match(value)


def _is_phrase(value: str) -> bool:
    """Whether several words are a password rather than a sentence about one."""
    words = value.split()
    plain = any(word.lower().strip(".,!?:;()") in _SENTENCE for word in words)
    return len(words) <= 6 and not plain and any(map(_MIXED.search, words))


def is_chosen(value: str, before: str) -> bool:
    """The password of an address `user:password@host`, unless it only shows where one would go."""
    user = re.split(r"[\s/\"'=:]", before.rpartition(":")[0])[-1]
    if value.lower() in {*_SHOWN, user.lower()} or _ASKED_FOR.search(value):
        return False
    return not _TEMPLATE.search(value)


def is_credentials(value: str, _before: str) -> bool:
    """The base64 of `user:password` (RFC 7617, section 2)."""
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except ValueError:
        return False
    user, colon, password = decoded.partition(":")
    return decoded.isprintable() and bool(colon) and is_chosen(password, f"://{user}:")
