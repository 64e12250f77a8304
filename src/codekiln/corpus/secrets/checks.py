"""The checks of single values that rules name, and those of addresses: may this one be reached?

Each is (value, what stands before it on its line) -> whether it is a secret; `rules.toml` names
them. What the values have to look like before is the rules' own business.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping

from codekiln.corpus.secrets.exempt import EXEMPT
from codekiln.corpus.secrets.passwords import is_chosen, is_credentials, is_password
from codekiln.corpus.secrets.randomness import is_random, is_random_end

Check = Callable[[str, str], bool]

_GENERIC_TOPS = frozenset(EXEMPT["top_level_domains"])
_FILE_ENDINGS = frozenset(EXEMPT["file_endings"])
_ROBOT = re.compile(r"(?:no-?reply|git|hg|svn|do-?not-?reply|user(?:name)?|your?)\Z")
_USER = re.compile(r"://[^\s/@]*:\Z|\$\Z")  # a password or a variable follows, not a mailbox
_PROTOCOL = re.compile(r"\A(?:openssh|libssh)\.(?:com|org)\Z|(?:\A|\.)(?:test|invalid|localhost)\Z")

MIN_OCTET = 32  # four numbers of which three are smaller are a version or a section
_NUMBER = re.compile(r"[._-]\Z|(?:\A|[^\d.])(?:\d*\.)?\d+[ ,]\Z")  # one more of a list or a path
_OID_ARCS = {bytes(arc) for arc in ((0, 0), (1, 2), (1, 3), (2, 5), (2, 16), (2, 23))}
_VERSION = re.compile(r"version|\boid\b|release|section|rfc|chrome|\bver\b|\bv8\b", re.I)
_RESOLVERS = frozenset(EXEMPT["resolvers"])


def anything(_value: str, _before: str) -> bool:
    """The form says it all."""
    return True


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
    "random-end": is_random_end,
    "password": is_password,
    "chosen": is_chosen,
    "credentials": is_credentials,
    "mailbox": is_mailbox,
    "public-ipv4": is_public_ipv4,
    "public-ipv6": is_public_ipv6,
}
