"""Whole texts: typed placeholders and their counts, and everything else as it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus.secrets import Redaction, redact
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.search import find
from corpus.secrets.forms import LINES, PYTHON, line
from corpus.secrets.makers import (
    ALNUM,
    base64_of,
    begin,
    chosen_password,
    discord_bot,
    end,
    json_web_token,
    mailbox,
    private_key,
    public_ipv4,
    public_ipv6,
    seeded,
    token,
)
from corpus.secrets.planted import SORTS

RANDOM = seeded("redaction")
KEY = token("ghp_", (ALNUM, 36))(RANDOM)
PASSWORD, EMAIL = chosen_password(RANDOM), mailbox(RANDOM)
IPV4, IPV6 = public_ipv4(RANDOM), public_ipv6(RANDOM)
CODE = """import smtplib

# Größe in Zeilen: ≤ 80\u2028\f
def send(order, retries=3):
\treturn smtplib.SMTP("mail", 25 + retries).sendmail(order)\r
"""


def written() -> str:
    """One of each kind, and one of them twice."""
    return (
        f'{CODE}TOKEN = "{KEY}"\n{CODE}PASSWORD = "{PASSWORD}"\n# by {EMAIL}, once {EMAIL}\n'
        f'hosts = ["{IPV4}", "{IPV6}"]\n{CODE}'
        + PYTHON["literals"](private_key()(seeded("written")).split("\n"))
    )


def test_each_kind_has_its_placeholder_and_the_rest_is_unchanged() -> None:
    text = written()
    before, _, _ = text.partition(begin())
    expected = (
        before.replace(KEY, "<KEY>")
        .replace(PASSWORD, "<PASSWORD>")
        .replace(EMAIL, "<EMAIL>")
        .replace(IPV4, "<IP>")
        .replace(IPV6, "<IP>")
    )
    redaction = redact(text)
    assert redaction.text.startswith(f'{expected}{begin()}\\n"\n    "<PRIVATE_KEY>\\n"\n')
    assert redaction.text.endswith(f'{end()}\\n"\n)')
    assert redaction.counts == {"KEY": 1, "PASSWORD": 1, "EMAIL": 2, "IP": 2, "PRIVATE_KEY": 1}


def test_a_text_without_secrets_is_the_same_text() -> None:
    assert redact(CODE) == Redaction(CODE, {})
    assert redact("") == Redaction("", {})


@pytest.mark.parametrize("rule", SORTS)
def test_all_around_a_secret_stays_byte_for_byte(rule: str) -> None:
    sort, random = SORTS[rule], seeded("around", rule)
    for form in LINES:
        value = sort.secrets[0](random)
        template = line(form, sort.names[0], sort.texts[0])
        text = f"{CODE}{template.replace('{}', value)}\n{CODE}"
        if find(text):
            expected = f"{CODE}{template.replace('{}', f'<{sort.kind}>')}\n{CODE}"
            assert redact(text).text.encode() == expected.encode()


def test_no_value_leaves_the_room() -> None:
    text = written()
    redaction = redact(text)
    for value in (KEY, PASSWORD, EMAIL, IPV4, IPV6):
        assert value not in repr(redaction)
        assert value not in repr(find(text))
    assert set(redaction.counts) <= {"KEY", "PASSWORD", "EMAIL", "IP", "PRIVATE_KEY"}
    assert all(type(count) is int for count in redaction.counts.values())
    assert Finding.__annotations__.keys() == {"start", "end", "kind", "rank", "again"}


@pytest.mark.parametrize("rule", SORTS)
def test_redacting_twice_is_redacting_once(rule: str) -> None:
    sort, random = SORTS[rule], seeded("twice", rule)
    makers = (*sort.secrets, *sort.misses)
    for form in random.sample(sorted(LINES), 8):
        texts = [text.replace("{}", make(random)) for make in makers for text in sort.texts]
        lines = [line(form, random.choice(sort.names), text) for text in texts]
        for text in ("\n".join(lines), " ".join(lines)):
            once = redact(text)
            assert redact(once.text) == Redaction(once.text, {})


SIGNS = [*"'\"`=:;,.()[]{}<>/\\@-_%$&#? \n\t", "://", "=>", "\\n", "%2F", "é", "--"]
WORDS = [
    *(
        "https://",
        "user:",
        "Bearer ",
        "Basic ",
        "password",
        "secret",
        "token: ",
        "api_key = ",
        "aws_",
    ),
    *("version ", "1.", "2001:", "AccountKey=", "<KEY>", "<PASSWORD>", "<EMAIL>"),
    *(begin(), end(), "-----BEGIN", "-----END"),
]
VALUES = [
    *(KEY, PASSWORD, EMAIL, IPV4, IPV6, base64_of(45)(RANDOM), base64_of(64)(RANDOM)),
    *(
        SORTS[rule].secrets[0](seeded("pieces", rule))
        for rule in SORTS
        if rule != "discord-bot-token"
    ),
]
PIECES = (
    st.sampled_from(SIGNS) | st.sampled_from(WORDS) | st.sampled_from(VALUES) | st.text(max_size=3)
)


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_redacting_any_text_twice_is_redacting_it_once(text: str) -> None:
    once = redact(text)
    assert redact(once.text) == Redaction(once.text, {})
    for kind in ("KEY", "PASSWORD", "EMAIL", "IP", "PRIVATE_KEY"):
        written = text.count(f"<{kind}>")
        assert once.text.count(f"<{kind}>") == written + once.counts.get(kind, 0)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_is_a_failure(text: str) -> None:
    redact(text)


def test_a_secret_that_another_one_hid_is_found() -> None:
    """The first ends in the middle of a word, until the second is gone."""
    random = seeded("hidden")
    bot, web = discord_bot(38)(random), json_web_token(random)
    assert len(find(f"discord: {bot}{web}\n{CODE}")) == 1
    assert redact(f"discord: {bot}{web}\n{CODE}") == Redaction(
        f"discord: <KEY><KEY>\n{CODE}", {"KEY": 2}
    )


def test_keys_and_other_secrets_do_not_disturb_each_other() -> None:
    first, *body, last = private_key()(seeded("beside")).split("\n")
    text = "\n".join([f"# {EMAIL}", first, *body, last, f"# {IPV4}"])
    expected = "\n".join(["# <EMAIL>", first, "<PRIVATE_KEY>", last, "# <IP>"])
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "piece",
    [
        *"a0A'\"`\\@.:=-_%/+<([ \n\0é",
        "-----BEGIN",
        begin(),
        begin() + "\n",
        "\\n",
        "\\\\",
        "://",
        "://a:b",
        "a@",
        "@a.",
        "1.",
        "2001:",
        "eyJ",
        "eyJ" + "a" * 10 + ".",
        "sk-",
        "EAA",
        "-us",
        "password",
        "password=",
        'password="\\',
        'password=\\"',
        "passwords: [a,",
        "passwords:\n- a",
        "name=x;password=x&y",
        "pass -a",
        "secret = '",
        "--token ",
        "Bearer ",
        "'aaaaa\\n",
        "AKIA" * 4,
        "curl -u a:",
        "mysql -p",
        'uth("a", "',
        "Private-Lines: 1\n" + "A1b" * 20 + "\n",
        begin() + "&#10;",
    ],
)
def test_hostile_repetition_ends(piece: str) -> None:
    """A search that took quadratic time would keep the suite waiting for minutes."""
    for text in (piece * (100_000 // len(piece)), f"{begin()}\n{piece * (25_000 // len(piece))}"):
        redact(text)
