"""What secrets are put together from when the tests run: alphabets, parts, a seed.

Nothing in these files is a secret, and no line of them looks like one. Which secrets there are is the
business of `services.py` and `planted.py`.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from string import ascii_letters, ascii_uppercase, digits

Maker = Callable[[Random], str]

ALNUM = ascii_letters + digits
UPPER = ascii_uppercase + digits
BASE32 = ascii_uppercase + "234567"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
URLSAFE = ALNUM + "_-"
BASE64 = ALNUM + "+/"
HEX = digits + "abcdef"


@dataclass(frozen=True)
class Sort:
    """What one rule is for; the values are written into `texts`, and these follow one of the `names`."""

    kind: str
    secrets: tuple[Maker, ...]
    misses: tuple[Maker, ...]
    texts: tuple[str, ...] = ("{}",)
    names: tuple[str, ...] = ("value", "MAILER", "cfg")


def seeded(*key: object) -> Random:
    """Equal on every machine and in every order of the tests."""
    return Random(" ".join(map(str, key)))


def token(*parts: str | tuple[str, int]) -> Maker:
    """A maker of fixed parts and (alphabet, length) parts, in order."""
    return lambda random: "".join(
        part if isinstance(part, str) else "".join(random.choices(part[0], k=part[1]))
        for part in parts
    )


def fixed(*values: str) -> tuple[Maker, ...]:
    return tuple(token(value) for value in values)


def url_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def base64_of(size: int, head: bytes = b"", prefix: str = "") -> Maker:
    return lambda random: prefix + base64.b64encode(head + random.randbytes(size)).decode()


def prefixed(*prefixes: str, alphabet: str, length: int) -> tuple[Maker, ...]:
    return tuple(token(prefix, (alphabet, length)) for prefix in prefixes)


def uuid(random: Random) -> str:
    return "-".join(token((HEX, count))(random) for count in (8, 4, 4, 4, 12))


def json_web_token(random: Random) -> str:
    return f"{unsigned_token(random)}.{url_base64(random.randbytes(32))}"


def unsigned_token(random: Random) -> str:
    claims = {"sub": token((digits, 10))(random), "iat": random.randint(10**9, 2 * 10**9)}
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    return ".".join(url_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)


def credentials(user: str, password: Maker) -> Maker:
    return lambda random: base64.b64encode(f"{user}:{password(random)}".encode()).decode()


def discord_bot(tail: int) -> Maker:
    rest = token(".", (URLSAFE, 6), ".", (URLSAFE, tail))
    return lambda random: url_base64(token("2", (digits, 17))(random).encode()) + rest(random)


def pypi_token(random: Random) -> str:
    return "pypi-" + url_base64(b"\x02\x01\x08pypi.org" + random.randbytes(100))


def chosen_password(random: Random) -> str:
    """As people choose them."""
    word = random.choice(("Falcon", "River", "dragon", "coffee", "Berlin", "rocket", "Tiger"))
    return f"{word}{random.randint(10, 9999)}{random.choice('!?#$*')}"


def mailbox(random: Random) -> str:
    first = random.choice(("ana", "chen", "dmitri", "emma", "farid", "greta", "hiro"))
    last = random.choice(("alvarez", "brandt", "castillo", "dubois", "eriksen", "ivanov"))
    host = random.choice(("mailworks.io", "kestrelsoft.com", "uni-halden.edu", "nordwind.de"))
    return f"{first}{random.choice('._+')}{last}@{host}"


def public_ipv4(random: Random) -> str:
    first = random.choice((34, 52, 81, 93, 104, 138, 151, 185, 212))
    return ".".join(map(str, (first, *(random.randint(33, 254) for _ in range(3)))))


def public_ipv6(random: Random) -> str:
    head = random.choice(("2606:4700", "2a00:1450", "2a01:4f8", "2001:41d0"))
    return f"{head}:{token((HEX[1:], 3))(random)}::{token((HEX[1:], 4))(random)}"


def private_key(label: str = "RSA ", size: int = 600) -> Maker:
    """PEM armour round random bytes in lines of 64 (RFC 7468)."""

    def make(random: Random) -> str:
        body = base64.b64encode(b"0\x82" + random.randbytes(size)).decode()
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        return "\n".join((begin(label), *lines, end(label)))

    return make


def begin(label: str = "RSA ", after: str = "") -> str:
    return f"-----BEGIN {label}PRIVATE KEY{after}-----"


def end(label: str = "RSA ", after: str = "") -> str:
    return f"-----END {label}PRIVATE KEY{after}-----"
