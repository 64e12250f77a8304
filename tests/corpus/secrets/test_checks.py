"""Single values: random or named, chosen or shown, somebody's address or a number like one."""

import ipaddress
import math
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codekiln.corpus.secrets import redact
from codekiln.corpus.secrets.checks import CHECKS, is_mailbox, is_public_ipv4, is_public_ipv6
from codekiln.corpus.secrets.passwords import is_chosen, is_credentials, is_password
from codekiln.corpus.secrets.randomness import entropy, is_random, is_random_end
from corpus.secrets.makers import (
    ALNUM,
    HEX,
    URLSAFE,
    Maker,
    base64_of,
    chosen_password,
    credentials,
    mailbox,
    public_ipv4,
    public_ipv6,
    seeded,
    token,
    uuid,
)

DRAWN = 500


def share(check: str, make: Maker, before: str = 'key = "') -> float:
    """Of values that are drawn, how many a check takes for secrets."""
    random = seeded(check)
    return sum(CHECKS[check](make(random), before) for _ in range(DRAWN)) / DRAWN


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        ("a", 0),
        ("aaaa", 0),
        ("ab", 1),
        ("aabb", 1),
        ("abcd", 2),
        ("0123456789abcdef", 4),
        ("aaab", 0.811278),
    ],
)
def test_entropy_of_known_values(value: str, bits: float) -> None:
    assert entropy(value) == pytest.approx(bits, abs=1e-6)


@given(st.text(min_size=1))
def test_entropy_is_that_of_the_plain_sum(value: str) -> None:
    """In the form log n - sum(c log c) / n, over positions rather than characters."""
    mean = sum(math.log2(value.count(character)) for character in value) / len(value)
    assert entropy(value) == pytest.approx(math.log2(len(value)) - mean, abs=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        token((ALNUM, 20)),
        token((ALNUM, 40)),
        token((URLSAFE, 32)),
        token((HEX, 32)),
        token((HEX, 64)),
        token(("0123456789ABCDEF", 40)),
        base64_of(24),
        base64_of(48),
    ],
)
def test_what_is_drawn_is_random(make: Maker) -> None:
    assert share("random", make) > 0.95


@pytest.mark.parametrize(
    "value",
    [
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "0" * 32,
        "0000000000000000000000000000000000000001",
        "DefaultAuthenticationTokenProvider",
        "get_access_token_for_service_account",
        "GET_ACCESS_TOKEN_FOR_SERVICE_ACCOUNT",
        "com.nordwind.orders.security.TokenStore",
        "/var/run/secrets/kubernetes.io/serviceaccount",
        "Content-Type-Options-No-Sniff",
        "TR31_PIN_KEY_P0_AES_D_D_E",
        "application/x-www-form-urlencoded",
        "2024-01-31T12:30:45.000",
        "the-quick-brown-fox-jumps-over",
        "loremipsumdolorsitametconsectetur",
        "ThisIsTheLongNameOfAVeryLongClass2",
        "HMACSHA256SignatureVerification",
        "c0ffee00c0ffee00c0ffee00",
    ],
)
def test_what_is_named_is_not_random(value: str) -> None:
    assert not is_random(value, 'key = "')


def test_a_uuid_is_not_random() -> None:
    assert share("random", uuid) == 0
    assert share("random", lambda random: uuid(random).replace("-", "")) > 0.95


@pytest.mark.parametrize(
    "value",
    [
        "Hunter22!",
        "dragon0042",
        "Fa!con1999",
        "p4ssw0rd!x",
        "Summer2019",
        "aB3dE6gH9k",
        "letters-and-1Digit",
        "x7%41y9!",
        "s3cr3t-Pa55",
        "Correct1Horse2",
        "monkey629*",
        "turkey12!",
        "hockey.1993",
        "dragonpass9!",
        "a{9b}c!",
        "a(b)9c!",
        "it's9xyz!",
        'it\\"s9xyz!',
        "a<b9!xy",
        "x\\y9&z!",
        "100%sure!",
        "^caret9^",
        "qKzTbWmRxVnLpJdHs",
    ],
)
def test_passwords(value: str) -> None:
    assert is_password(value, 'password = "')


@pytest.mark.parametrize(
    "value",
    [
        "letmein",
        "12345678",
        "self.password1",
        "config::password1",
        "getPassword1()",
        "user->password1",
        "http://host1",
        "%s_1",
        "C:\\dir1",
        "db_password_2",
        "my-password-1",
        "DB_PASSWORD_2",
        "0x7fffffff",
        "localhost:8080",
        "2019-01-31",
        "/etc/passwd.1",
        "#field1",
        "-p1",
        "&user1",
        "sha256-crypt",
        "UTF-8",
        "Base64Encoder1",
        "Password?",
        "new_password2:",
        "token1!",
        "mypass",
        "testpassword1",
        "secretsecret!",
        "new_Password1",
        "getSecret1",
        "{user}1!",
        "{0}-1!",
        "#{user + 1}",
        "$(pwgen 1)",
        "<b>1!</b>",
        "required|min:8|confirmed",
        "^[a-z0-9]{8,}$",
        "(?=.*[0-9]).{8,}",
        "\\d{4}!",
        "a1 && b2",
        ' + user1 + "',
        '", "name1',
        "+user1+",
        "user1 + ",
        "correcthorsebattery",
    ],
)
def test_what_stands_after_password_in_code(value: str) -> None:
    assert not is_password(value, 'password = "')


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("corr3ct horse battery", True),
        ("Tr0ub4dor & three", True),
        ("w!nter sun 2024", True),
        ("Enter passw0rd again", False),
        ("must be 8 to 64 characters!", False),
        ("Falsches Passwort!", False),
        ("at least 1 l3tter", False),
        ("one tw0 three four five six seven", False),
        ("correct horse battery", False),
    ],
)
def test_a_password_of_several_words_is_no_sentence(value: str, expected: bool) -> None:
    assert is_password(value, 'password = "') is expected
    assert not is_password(value, 'f(password, "')


@pytest.mark.parametrize("before", ["# pass `", 'print("pass "', "(pass, '", "Pass '"])
def test_what_is_passed_on_is_no_password(before: str) -> None:
    assert not is_password("level=3!", before)
    assert is_password("level=3!", before.replace("ass", "assword = ")[:-1] + "'")


def test_the_end_of_a_key_decides() -> None:
    for make in (token("sk-", (ALNUM, 40)), token("sk-or-v1-", (HEX, 64))):
        assert share("random-end", make, 'f("x", "') > 0.95
    assert not is_random_end("sk-LoadingIndicatorWithThreeBouncingCircles", "")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('password = "', True),
        ('password = ("', True),
        ('{\\"password\\": \\"', True),
        ('user.setPassword("', True),
        ('builder.password("', True),
        ("DB_PASSWORD=", True),
        ("export DB_PASSWORD=", True),
        ("docker run -e DB_PASSWORD=", True),
        ("db_password=", False),
        ("mysql -u root -p", True),
        ("curl -u ana:", True),
        ("password: '", True),
        ("password => `", True),
        ('f(password, "', False),
    ],
)
def test_a_word_with_a_number_is_a_password_only_where_it_is_assigned(
    before: str, expected: bool
) -> None:
    assert is_password("falcon12", before) is expected


@pytest.mark.parametrize("value", ["hunter2", "Sw0rdfish", "a7!", "tr0ub4dor&3"])
def test_a_password_of_an_address_may_be_any(value: str) -> None:
    assert is_chosen(value, "https://ana:")


@pytest.mark.parametrize(
    ("value", "before"),
    [
        ("password", "https://ana:"),
        ("PASSWORD", "https://ana:"),
        ("pass", "https://ana:"),
        ("DB_PASSWORD", "https://ana:"),
        ("my_password", "https://ana:"),
        ("ana", "https://ana:"),
        ("Ana", "https://ana:"),
        ("$SECRET", "https://ana:"),
        ("%s", "https://ana:"),
        ("*****", "https://ana:"),
        ("guest", "amqp://visitor:"),
        ("elastic", "curl -u elastic:"),
        ("elastic", "curl --user='elastic:"),
        ("ana", "*:5432:*:ana:"),
        ("secretpassword", "https://ana:"),
        ("mypass", "https://ana:"),
    ],
)
def test_a_password_of_an_address_that_only_shows_its_place(value: str, before: str) -> None:
    assert not is_chosen(value, before)


def test_credentials_are_base64_with_a_colon() -> None:
    assert share("credentials", credentials("ana", chosen_password)) == 1
    assert share("credentials", credentials("ana", token("password"))) == 0
    assert share("credentials", token((ALNUM, 20))) < 0.01
    assert not is_credentials("authentication", "Basic ")
    assert not is_credentials("YW5h", "Basic ")


def test_mailboxes_that_are_somebodys() -> None:
    assert share("mailbox", mailbox) == 1
    assert is_mailbox("Ana.Brandt+lists@Mail.Nordwind.DE", "")
    assert is_mailbox("ana@nordwind.software", "<")


@pytest.mark.parametrize(
    "value",
    [
        "noreply@nordwind.de",
        "no-reply@nordwind.de",
        "git@github.com",
        "hg@bitbucket.org",
        "user@nordwind.de",
        "username@nordwind.de",
        "you@nordwind.de",
        "curve25519-sha256@libssh.org",
        "aes256-gcm@openssh.com",
        "ana@mail.test",
        "ana@host.localhost",
        "ana@nordwind.invalid",
        "icon@2x.js",
        "lib@1.ts",
        "name@module.function",
        "a..b@nordwind.de",
        "%s@nordwind.de",
    ],
)
def test_mailboxes_that_are_nobodys(value: str) -> None:
    assert not is_mailbox(value, "")


@pytest.mark.parametrize("before", ["https://ana:", "postgresql://", "Cc: $", "https://x-token:$"])
def test_what_stands_before_a_host_is_no_mailbox(before: str) -> None:
    assert is_mailbox("secret@nordwind.de", before) is (before == "postgresql://")


def found(address: object) -> bool:
    """Whether an address is taken out of code."""
    return redact(f'connect("{address}", 25)\n').text == 'connect("<IP>", 25)\n'


@given(st.ip_addresses(v=4))
@example(IPv4Address("10.33.44.55"))
@example(IPv4Address("100.64.33.44"))
@example(IPv4Address("127.99.98.97"))
@example(IPv4Address("169.254.169.254"))
@example(IPv4Address("172.31.44.55"))
@example(IPv4Address("192.0.2.99"))
@example(IPv4Address("192.168.44.55"))
@example(IPv4Address("198.18.44.55"))
@example(IPv4Address("203.0.113.99"))
@example(IPv4Address("224.99.98.97"))
@example(IPv4Address("255.255.255.255"))
def test_an_address_that_is_not_routed_stays(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert not found(address)


@given(st.ip_addresses(v=4).filter(lambda address: address.is_global and not address.is_multicast))
@example(IPv4Address("52.33.44.55"))
@example(IPv4Address("172.32.44.55"))
@example(IPv4Address("192.169.44.55"))
@example(IPv4Address("223.99.98.97"))
def test_an_address_that_is_routed_goes_unless_it_looks_like_a_version_or_network(
    address: IPv4Address,
) -> None:
    octets = str(address).split(".")
    small = sum(int(octet) < 32 for octet in octets)
    network = octets[3] in ("0", "255")
    oid = (octets[0], octets[1]) in {("1", "2"), ("1", "3"), ("2", "5"), ("2", "16"), ("2", "23")}
    known = str(address) in {"208.67.222.222", "208.67.220.220", "149.112.112.112"}
    assert found(address) is (small < 3 and not network and not oid and not known)


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("version = '34.56.78.90'", True),
        ("host = '34.56.78.90'", False),
        ("Chrome/91.33.4472.124 Safari", True),
        ("Chrome/91.33.44.124 Safari", True),
        ("release 34.56.78.90", True),
        ("see section 34.56.78.90 of RFC 1", True),
        ("peer 34.56.78.90 was gone", False),
        ("34.56.78.90.12", True),
        ("12.34.56.78.90", True),
        ("v34.56.78.90", True),
        ("lib-34.56.78.90", True),
        ("lib_34.56.78.90", True),
        ("34.56.78.90b1", True),
        ("34.56.78.90:8080", False),
        ("34.56.78.90/32", False),
        ("(34.56.78.90)", False),
        ("1.3.60.100", True),
        ("oid = 2.16.84.101", True),
        ("1.3.6.1.4.1.311.21.20", True),
        ("M 1.5 34.56.78.90 z", True),
        ("34.56.78.900", True),
        ("034.56.78.90", True),
        ("34.56.78", True),
        ("8.8.8.8", True),
        ("8.8.64.80", False),
    ],
)
def test_four_numbers_are_not_always_an_address(line: str, stays: bool) -> None:
    assert redact(line).counts == ({} if stays else {"IP": 1})


def unicast() -> st.SearchStrategy[IPv6Address]:
    """Of 2000::/3, many of them with groups of zeros."""
    group = st.just(0) | st.integers(0, 0xFFFF)
    return st.tuples(st.integers(0x2000, 0x3FFF), *[group] * 7).map(
        lambda groups: IPv6Address(":".join(f"{number:x}" for number in groups))
    )


@given(unicast(), st.sampled_from(["compressed", "exploded"]))
@example(IPv6Address("2001:db8::8a2e:370"), "compressed")
@example(IPv6Address("2001:db8::8a2e:370"), "exploded")
@example(IPv6Address("2002:c000:204::1"), "compressed")
@example(IPv6Address("2000::1"), "compressed")
@example(IPv6Address("2000::12"), "compressed")
@example(IPv6Address("2a00:1450:4001:81b::200e"), "exploded")
def test_a_long_address_goes_if_it_is_routed(address: IPv6Address, form: str) -> None:
    text = getattr(address, form)
    whole_network = text.endswith("::")
    as_a_slice = len(text) == len("2000::1")  # as in x[2000::1]
    assert found(text) is (address.is_global and not whole_network and not as_a_slice)
    assert not whole_network or form == "compressed"


@given(st.ip_addresses(v=6))
@example(IPv6Address("::1"))
@example(IPv6Address("::ffff:10.0.0.1"))
@example(IPv6Address("fe80::1ff:fe23:4567:890a"))
@example(IPv6Address("fd12:3456:789a::1"))
@example(IPv6Address("ff02::1"))
@example(IPv6Address("64:ff9b::1"))
def test_a_long_address_that_is_not_routed_stays(address: IPv6Address) -> None:
    if not address.is_global:
        assert not found(address)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[2a00:1450:4001:81b::200e]:443", "[<IP>]:443"),
        ("2a00:1450:4001:81b::200e/128", "<IP>/128"),
        ("http://[2A00:1450:4001:81B::200E]/", "http://[<IP>]/"),
        ("2a00:1450:4001::/48", "2a00:1450:4001::/48"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888"),
        ("at 2021:12:31", "at 2021:12:31"),
        ("std::2000::value", "std::2000::value"),
        ("a2a00:1450:4001:81b::200e", "a2a00:1450:4001:81b::200e"),
        ("2a00:1450:4001:81b::200ex", "2a00:1450:4001:81b::200ex"),
        ("2a00:1450::81b::200e", "2a00:1450::81b::200e"),
        ("MAC 20:01:2a:00:14:50", "MAC 20:01:2a:00:14:50"),
    ],
)
def test_a_long_address_in_a_line(line: str, expected: str) -> None:
    assert redact(line).text == expected


@given(st.text(alphabet="0123456789abcdef.:", max_size=40))
def test_no_address_is_a_failure(value: str) -> None:
    for check, read in (
        (is_public_ipv4, ipaddress.IPv4Address),
        (is_public_ipv6, ipaddress.IPv6Address),
    ):
        if check(value, ""):
            assert read(value).is_global


@pytest.mark.parametrize("check", CHECKS)
@given(value=st.text(min_size=1), before=st.text())
def test_no_value_is_a_failure(check: str, value: str, before: str) -> None:
    assert isinstance(CHECKS[check](value, before), bool)


def test_planted_addresses_are_public() -> None:
    assert share("public-ipv4", public_ipv4) == share("public-ipv6", public_ipv6) == 1
