"""Tests of single values: is it random, was it chosen by a person, may this address be reached?

Each is (value, what stands before it on its line) -> whether it is a secret; `rules.toml` names
them. What the values have to look like before is the rules' own business.
"""

import base64
import ipaddress
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import resources
from urllib.parse import unquote

Check = Callable[[str, str], bool]

_EXEMPT = tomllib.loads(
    resources.files(__package__).joinpath("exempt.toml").read_text(encoding="utf-8")
)

# Hexadecimal has at most 4 bits a character, base64 6; 16 random ones reach about 3.2 and 3.9.
MIN_RANDOM_ENTROPY, MIN_HEX_ENTROPY = 3.5, 2.8
# Shares of the length: changes between lower case, capitals and digits (random: 0.6, names in
# camel case: 0.25), runs of digits (random: 0.13, names: 0.05), letters in words (random: 0.3).
MIN_CHANGES, MIN_DIGIT_RUNS, MAX_WORDY = 0.3, 0.12, 0.4

_HEX = re.compile(r"(?:0x)?[0-9a-fA-F-]+\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-")
_CHANGE = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")
_WORD = re.compile(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{4,}")

# What stands after `password` in code without being one.
_CODE = re.compile(
    r"::|->|\(|\)|//|%[sdr(]|\\|\A[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z"
    r"|\A[a-z0-9]+(?:[-_][a-z0-9]+)+\Z|\A[A-Z]+_[A-Z0-9_]+\Z|[:=,;]\Z"
    r"|\A0[xX]|:\d+\Z|\A\d{4}-\d\d-\d\d"  # a number, a port, a date
)
_SIGN = re.compile(r"\A[-./#&:@%\[$]")  # of a path, a selector, an option, a variable
_ALGORITHM = re.compile(
    r"sha-?[1235]|md[45]|utf-?8|base64|oauth|pbkdf2|bcrypt|argon2|ascii|iso-?8859|x509|pkcs|hmac",
    re.I,
)
_ASKED_FOR = re.compile(
    r"\A[a-z_.-]*(?:passw(?:or)?d|pass|pwd|secret|token|key)[\w.-]{0,3}[?!:*]*\Z", re.I
)
_IDENTIFIER = re.compile(r"\A[A-Za-z_]+[0-9]{0,2}\Z|\A[A-Z0-9_]+\Z|:")
_ARGUMENT = re.compile(r",\s*[rbuLf@]{0,2}[\"'`]?\Z|^\s*[\"'`]\Z")
_ASSIGNED = re.compile(r"[=:>]\s*[rbuLf@]{0,2}[\"'`]\Z")  # rather than the next of some arguments
_TEMPLATE = re.compile(r"\A[$*]|\A%(?![0-9A-Fa-f]{2})|\A[A-Z_]+\Z")
_SHOWN = frozenset(_EXEMPT["shown"])

_GENERIC_TOPS = frozenset(_EXEMPT["top_level_domains"])
_FILE_ENDINGS = frozenset(_EXEMPT["file_endings"])
_ROBOT = re.compile(r"(?:no-?reply|git|hg|svn|do-?not-?reply|user(?:name)?|your?)\Z")
_USER = re.compile(r"://[^\s/@]*:\Z|\$\Z")  # a password or a variable follows, not a mailbox
_PROTOCOL = re.compile(r"\A(?:openssh|libssh)\.(?:com|org)\Z|(?:\A|\.)(?:test|invalid|localhost)\Z")

MIN_OCTET = 32  # four numbers of which three are smaller are a version or a section
_NUMBER = re.compile(r"[._-]\Z|(?:\A|[^\d.])(?:\d*\.)?\d+[ ,]\Z")  # one more of a list or a path
_OID_ARCS = {bytes(arc) for arc in ((0, 0), (1, 2), (1, 3), (2, 5), (2, 16), (2, 23))}
_VERSION = re.compile(r"version|\boid\b|release|section|rfc|chrome|\bver\b|\bv8\b", re.I)
_RESOLVERS = frozenset(_EXEMPT["resolvers"])


def entropy(value: str) -> float:
    """Bits a character, from the value's own frequencies (Shannon 1948, section 6)."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def anything(_value: str, _before: str) -> bool:
    """The form says it all."""
    return True


def is_random(value: str, before: str) -> bool:
    """Many different characters in an order that names, paths and phrases do not have."""
    if _HEX.match(value):
        return len(value) >= 24 and entropy(value) >= MIN_HEX_ENTROPY and not _UUID.match(value)
    if entropy(value) < MIN_RANDOM_ENTROPY or _is_name(value):
        return False
    changes = len(_CHANGE.findall(value)) / len(value)
    digit_runs = len(re.findall(r"[0-9]+", value)) / len(value)
    wordy = sum(map(len, _WORD.findall(value))) / len(value)
    if wordy >= 1.5 * MAX_WORDY:
        return False
    if not digit_runs:
        return changes >= 2 * MIN_CHANGES
    if _ARGUMENT.search(before):
        return changes >= MIN_CHANGES + 0.1
    return changes >= MIN_CHANGES or digit_runs >= MIN_DIGIT_RUNS or wordy <= MAX_WORDY


def _is_name(value: str) -> bool:
    """Whether separators divide it into words, numbers and scraps, as in `TR31_PIN_KEY`."""
    parts = re.split(r"[_.:/-]", value)
    return len(parts) > 1 and all(len(p) <= 4 or p.isalpha() or p.isdigit() for p in parts)


def is_password(value: str, before: str) -> bool:
    """Letters with digits or signs, as people and generators make them; not what code is made of."""
    value = unquote(value)
    if not re.search(r"[A-Za-z]", value) or not re.search(r"[0-9!@#$%^&*?~+]", value):
        return False
    if _CODE.search(value) or _ALGORITHM.search(value) or _ASKED_FOR.search(value):
        return False
    if _SIGN.match(value):
        return is_random(value, before)
    return bool(_ASSIGNED.search(before)) or not _IDENTIFIER.match(value)


def is_chosen(value: str, before: str) -> bool:
    """The password of an address `user:password@host`, unless it only shows where one would go."""
    user = before.rpartition("://")[2].rpartition(":")[0]
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


def is_mailbox(value: str, before: str) -> bool:
    """An address a person may read: a real top-level domain, and neither example nor robot."""
    if value.startswith("%") or _USER.search(before):
        return False
    local, _, domain = value.lower().rpartition("@")
    top = domain.rpartition(".")[2]
    if not (top in _GENERIC_TOPS or (len(top) == 2 and top not in _FILE_ENDINGS)):
        return False
    return not _ROBOT.match(local) and not _PROTOCOL.search(domain) and ".." not in local


def is_public_ipv4(value: str, before: str) -> bool:
    """An address that is routed and somebody's own; neither a version, an OID nor a network."""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    if _NUMBER.search(before) or _VERSION.search(before):
        return False
    octets = address.packed
    own = address.is_global and not address.is_multicast and octets[3] not in (0, 255)
    numbered = octets[:2] in _OID_ARCS or sum(octet >= MIN_OCTET for octet in octets) < 2
    return own and not numbered and value not in _RESOLVERS


def is_public_ipv6(value: str, before: str) -> bool:
    """An address of 2000::/3 (RFC 4291, section 2.4) that is somebody's own; not a whole network."""
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    own = address.is_global and not value.endswith(":") and not before.endswith(":")
    return own and value.lower() not in _RESOLVERS


CHECKS: Mapping[str, Check] = {
    "random": is_random,
    "password": is_password,
    "chosen": is_chosen,
    "credentials": is_credentials,
    "mailbox": is_mailbox,
    "public-ipv4": is_public_ipv4,
    "public-ipv6": is_public_ipv6,
}
