"""Private keys in every wrapping: the body goes, and what held it is code as before."""

import ast
import base64
import io
import struct
import tokenize
from collections.abc import Callable
from random import Random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus.secrets import redact
from corpus.secrets.forms import ELSEWHERE, PYTHON
from corpus.secrets.makers import begin, end, private_key, seeded

LABELS = ["", "RSA ", "EC ", "DSA ", "ENCRYPTED ", "OPENSSH "]
WRAPPINGS = {**PYTHON, **ELSEWHERE}
HOLE = "<PRIVATE_KEY>"


def key_lines(label: str = "RSA ", size: int = 600, seed: object = 0) -> list[str]:
    return private_key(label, size)(seeded("key", label, size, seed)).split("\n")


def left(text: str, body: list[str]) -> list[str]:
    """The pieces of a body, of twelve characters and from any place in a line, that are in a text."""
    plain = text.replace("\\/", "/")
    pieces = [line[at : at + 12] for line in body for at in range(0, max(1, len(line) - 11), 6)]
    return [piece for piece in pieces if len(piece) >= 4 and piece in plain]


@pytest.mark.parametrize("label", ["RSA ", ""])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_key_goes_and_its_frame_stays(wrapping: str, label: str) -> None:
    first, *body, last = key_lines(label)
    text = WRAPPINGS[wrapping]([first, *body, last])
    redaction = redact(text)
    assert redaction.counts == {"PRIVATE_KEY": 1}
    assert redaction.text.count(HOLE) == 1
    assert left(redaction.text, body) == []
    assert text.partition(first)[0] == redaction.text.partition(first)[0]
    assert text.partition(last)[2] == redaction.text.partition(last)[2]


@pytest.mark.parametrize("wrapping", PYTHON)
def test_code_can_be_parsed_as_before(wrapping: str) -> None:
    text = PYTHON[wrapping](key_lines()) + "\nx = 1\n"
    without = redact(text).text
    assert HOLE in without
    assert nodes(without) == nodes(text)
    assert tokens(without) == tokens(text)


def nodes(text: str) -> list[str]:
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]


def tokens(text: str) -> list[int]:
    """Their sorts; comments of a key in a row become one."""
    apart = {tokenize.COMMENT, tokenize.NL}
    read = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.type for token in read if token.type not in apart]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(33, 2400),
    st.sampled_from(sorted(WRAPPINGS)),
    st.sampled_from(LABELS),
    st.integers(),
)
def test_nothing_is_left_of_a_key_of_any_size(
    size: int, wrapping: str, label: str, seed: int
) -> None:
    first, *body, last = key_lines(label, size, seed)
    text = WRAPPINGS[wrapping]([first, *body, last])
    without = redact(text).text
    assert left(without, body) == []
    assert redact(without).text == without


def openssh(random: Random) -> list[str]:
    """An Ed25519 key as ssh-keygen writes it (PROTOCOL.key of OpenSSH): its first line is half zeros."""
    public, private = random.randbytes(32), random.randbytes(64)
    check = random.randbytes(4)

    def string(data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + data

    shown = string(b"ssh-ed25519") + string(public)
    hidden = check * 2 + shown + string(private) + string(b"ana@laptop") + bytes(range(1, 5))
    head = b"openssh-key-v1\0" + string(b"none") * 2 + string(b"") + struct.pack(">I", 1)
    return wrapped(head + string(shown) + string(hidden), 70)


def ed25519(random: Random) -> list[str]:
    """PKCS #8 of 48 bytes (RFC 8410, section 7): one line."""
    return wrapped(bytes.fromhex("302e020100300506032b657004220420") + random.randbytes(32), 64)


def pgp(random: Random) -> list[str]:
    """With headers and a check sum (RFC 4880, section 6.1)."""
    check = "=" + base64.b64encode(random.randbytes(3)).decode()
    return ["Version: GnuPG v2", "Comment: a key", "", *wrapped(random.randbytes(700), 64), check]


def encrypted(random: Random) -> list[str]:
    """With headers (RFC 1421, section 4.6)."""
    info = "DEK-Info: AES-128-CBC," + random.randbytes(16).hex().upper()
    return ["Proc-Type: 4,ENCRYPTED", info, "", *wrapped(random.randbytes(600), 64)]


def putty(random: Random) -> list[str]:
    """As PuTTYgen writes it (the manual of PuTTY, appendix C.2)."""
    public = wrapped(b"\0\0\0\7ssh-rsa" + random.randbytes(270), 64)
    private = wrapped(random.randbytes(590), 64)
    return [
        "PuTTY-User-Key-File-3: ssh-rsa",
        "Encryption: none",
        "Comment: a key",
        f"Public-Lines: {len(public)}",
        *public,
        f"Private-Lines: {len(private)}",
        *private,
        f"Private-MAC: {random.randbytes(32).hex()}",
    ]


def wrapped(data: bytes, width: int) -> list[str]:
    text = base64.b64encode(data).decode()
    return [text[start : start + width] for start in range(0, len(text), width)]


@pytest.mark.parametrize("wrapping", ["triple quotes", "literals", "escapes", "comment", "yaml"])
@pytest.mark.parametrize(
    ("make", "label", "after"),
    [
        (openssh, "OPENSSH ", ""),
        (ed25519, "", ""),
        (pgp, "PGP ", " BLOCK"),
        (encrypted, "RSA ", ""),
    ],
)
def test_keys_as_tools_write_them(
    make: Callable[[Random], list[str]], label: str, after: str, wrapping: str
) -> None:
    body = make(seeded(label))
    text = WRAPPINGS[wrapping]([begin(label, after), *body, end(label, after)])
    redaction = redact(text)
    assert redaction.counts == {"PRIVATE_KEY": 1}
    assert left(redaction.text, [line for line in body if ": " not in line]) == []
    assert all(line in redaction.text for line in body if ": " in line)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_the_private_lines_of_putty_go_and_the_public_ones_stay(wrapping: str) -> None:
    lines = putty(seeded("putty"))
    begins = next(nth for nth, line in enumerate(lines) if line.startswith("Private-Lines"))
    public, private = lines[: begins + 1], lines[begins + 1 : -1]
    redaction = redact(WRAPPINGS[wrapping](lines))
    assert redaction.counts == {"PRIVATE_KEY": 1}
    assert left(redaction.text, private) == []
    assert left(redaction.text, public) == left(WRAPPINGS[wrapping](lines), public)
    assert lines[-1] in redaction.text


@pytest.mark.parametrize("encrypted", ["", "ENCRYPTED "])
def test_a_key_of_ssh2_goes(encrypted: str) -> None:
    first, last = (f"---- {side} SSH2 {encrypted}PRIVATE KEY ----" for side in ("BEGIN", "END"))
    body = wrapped(seeded("ssh2").randbytes(700), 70)
    text = "\n".join([first, 'Comment: "a key"', *body, last, "x = 1"])
    assert redact(text).text == "\n".join([first, 'Comment: "a key"', HOLE, last, "x = 1"])


@pytest.mark.parametrize("encode", [quote, quote_plus])
def test_a_key_in_an_address_goes(encode: Callable[[str], str]) -> None:
    first, *body, last = key_lines()
    text = f"?key={encode(chr(10).join([first, *body, last, '']))}&x=1"
    redaction = redact(text)
    assert redaction.counts == {"PRIVATE_KEY": 1}
    assert redaction.text == f"?key={encode(first)}%0A{HOLE}%0A{encode(last)}%0A&x=1"


def test_the_marks_of_a_comment_stay() -> None:
    first, *body, last = key_lines()
    text = "\n".join(f"//{line}" for line in [first, *body, last, " and so on"])
    assert redact(text).text == f"//{first}\n//{HOLE}\n//{last}\n// and so on"


@pytest.mark.parametrize(
    "label", ["PUBLIC KEY", "CERTIFICATE", "CERTIFICATE REQUEST", "DH PARAMETERS"]
)
def test_what_is_public_stays(label: str) -> None:
    _, *body, _ = key_lines()
    text = "\n".join([f"-----BEGIN {label}-----", *body, f"-----END {label}-----"])
    assert redact(text).text == text


def test_a_certificate_after_a_key_stays() -> None:
    key, certificate = key_lines(), key_lines(seed="certificate")[1:-1]
    rest = ["-----BEGIN CERTIFICATE-----", *certificate, "-----END CERTIFICATE-----"]
    text = "\n".join([*key, *rest])
    assert redact(text).text == "\n".join([key[0], HOLE, key[-1], *rest])


@pytest.mark.parametrize(
    "body",
    [
        "...",
        "<your key>",
        "A" * 64,
        "x" * 64 + "\n" + "x" * 64,
        "MIIEpAIBAAKCAQEA",
        "${PRIVATE_KEY}",
        "the body of the key, in lines of sixty-four characters of base64",
    ],
)
def test_the_picture_of_a_key_stays(body: str) -> None:
    text = f'KEY = """{begin()}\n{body}\n{end()}"""\n'
    assert redact(text).text == text


@pytest.mark.parametrize(
    "code",
    [
        f'BEGIN = "{begin()}"\nEND = "{end()}"\n',
        f'if line.startswith("{begin()}"):\n    return ReadPrivateKeyOfOpenSecureShellFrom(lines, True)\n',
        f'match = re.search(r"{begin()}[A-Za-z0-9+/=\\s]+{end()}", text)\n',
        f'raise ValueError("no {begin()} in the file, which had to be a key")\nreturn None\n',
        f'write("{begin()}\\n")\nfor start in range(0, len(body), 64):\n    write(body[start:][:64])\n',
    ],
)
def test_code_about_keys_stays(code: str) -> None:
    assert redact(code).text == code


def test_each_key_is_counted() -> None:
    keys = ["\n".join(key_lines(label, seed=label)) for label in LABELS]
    redaction = redact("\n\n".join(keys))
    assert redaction.counts == {"PRIVATE_KEY": len(LABELS)}
    assert redaction.text.count(HOLE) == len(LABELS)


def test_a_key_that_is_cut_off_goes_and_what_follows_stays() -> None:
    first, *body, _ = key_lines()
    rest = '"""\n\n\ndef run(orders):\n    return [order.total for order in orders if order.open]\n'
    redaction = redact("\n".join([f'KEY = """{first}', *body]) + rest)
    assert redaction.text == f'KEY = """{first}\n{HOLE}{rest}'


def test_a_key_between_other_lines_goes_in_whole() -> None:
    first, *body, last = key_lines()
    text = "\n".join([first, *body[:4], "(the second half was sent apart)", *body[4:], last])
    redaction = redact(text)
    assert left(redaction.text, body) == []
    assert "(the second half was sent apart)" in redaction.text
    assert redaction.counts == {"PRIVATE_KEY": 1}
    assert redact(redaction.text).text == redaction.text
