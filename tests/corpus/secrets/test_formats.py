"""Formats that give themselves away: where a secret may begin, and how far it reaches."""

import pytest

from codekiln.corpus.secrets import redact
from codekiln.corpus.secrets.excerpt import excerpt
from codekiln.corpus.secrets.formats import Formats, find_formats
from codekiln.corpus.secrets.rules import rules
from codekiln.corpus.secrets.windows import windows
from corpus.secrets.forms import LINES, line
from corpus.secrets.makers import ALNUM, HEX, discord_bot, seeded, token
from corpus.secrets.planted import SORTS

RULES = tuple(rule for rule in rules() if rule.keywords)
FORMATS = Formats(RULES)
TOKEN = token("npm_", (ALNUM, 36))(seeded("formats"))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "'",
        '"',
        "=",
        ": ",
        "(",
        "/",
        "-",
        "_",
        "key=",
        "@",
        "\\n",
        "\\r\\n",
        "\\t",
        "%2F",
        "%3D",
        "é",
        "\\\\n",
    ],
)
def test_a_secret_begins_after_a_sign(before: str) -> None:
    assert redact(f"{before}{TOKEN}\n").text == f"{before}<KEY>\n"


@pytest.mark.parametrize("before", ["a", "Z", "0", "aF", "\\xab", "x%2Fa", "n"])
def test_but_not_within_a_word(before: str) -> None:
    assert redact(f"{before}{TOKEN}\n").text == f"{before}{TOKEN}\n"


@pytest.mark.parametrize(
    "after", ["", "'", '"', "\n", " ", ",", ")", ";", "&x=1", "\\n", "/x", ".git", "-x", "_"]
)
def test_a_secret_ends_before_a_sign(after: str) -> None:
    assert redact(f"x = {TOKEN}{after}").text == f"x = <KEY>{after}"


@pytest.mark.parametrize("after", ["a", "0", "Z1"])
def test_but_not_in_the_middle_of_a_word(after: str) -> None:
    assert redact(f"x = {TOKEN}{after}").text == f"x = {TOKEN}{after}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana@nordwind.de", "<EMAIL>"),
        ("<ana.brandt@nordwind.de>", "<<EMAIL>>"),
        ("mailto:ana@nordwind.de?subject=x", "mailto:<EMAIL>?subject=x"),
        ("ana@nordwind.de, bo@nordwind.de.", "<EMAIL>, <EMAIL>."),
        ("ana@mail.uni-halden.edu", "<EMAIL>"),
        ("ana.b" * 12 + "@nordwind.de", "<EMAIL>"),
        ("ana.b" * 13 + "@nordwind.de", "a<EMAIL>"),
        ("größe=ana@nordwind.de", "größe=<EMAIL>"),
        ("ana @nordwind.de", "ana @nordwind.de"),
        ("ana@nordwind.de(1)", "ana@nordwind.de(1)"),
        ("@nordwind.de", "@nordwind.de"),
        ("ana@nordwind", "ana@nordwind"),
        ("x = a@b.c", "x = a@b.c"),
        ("package@1.2.3", "package@1.2.3"),
    ],
)
def test_how_far_an_address_reaches(text: str, expected: str) -> None:
    assert redact(text).text == expected


def test_a_secret_that_is_known_by_its_end_reaches_to_its_beginning() -> None:
    key = token((HEX, 32), "-us7")(seeded("mailchimp"))
    assert redact(f'x = "{key}"').text == 'x = "<KEY>"'
    assert redact(f'x = "g{key}"').text == f'x = "g{key}"'


@pytest.mark.parametrize(
    "hint", ["client.run('{}')", "await bot.login('{}')", "discord: {}", "DISCORD='{}'"]
)
def test_a_bot_token_needs_a_hint_in_the_text(hint: str) -> None:
    value = discord_bot(38)(seeded("bot"))
    assert redact(hint.format(value)).text == hint.format("<KEY>")
    assert redact(f"x = '{value}'").text == f"x = '{value}'"


def test_only_the_secret_part_of_an_address_goes() -> None:
    value = SORTS["slack-webhook"].secrets[0](seeded("slack"))
    url = "curl -X POST https://hooks.slack.com/services/{}?a=b"
    assert redact(url.format(value)).text == url.format("<KEY>")
    url = "git clone https://ana:{}@nordwind.de:8443/app.git"
    assert redact(url.format("Falcon77")).text == url.format("<PASSWORD>")
    assert redact(url.format("Falc%6Fn77")).text == url.format("<PASSWORD>")
    assert redact(url.format("$TOKEN")).text == url.format("$TOKEN")


@pytest.mark.parametrize("host", ["example.com", "db.example.org", "example"])
def test_a_password_for_an_example_stays(host: str) -> None:
    text = f"postgresql://ana:Falcon77@{host}/orders"
    assert redact(text).text == text


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_the_windows_hide_no_secret(rule: str) -> None:
    """The whole text looked through for keywords is the reference."""
    sort, random = SORTS[rule], seeded("windows", rule)
    for form in LINES:
        texts = (text.replace("{}", make(random)) for make in sort.secrets for text in sort.texts)
        text = "x = 1\n".join(line(form, random.choice(sort.names), text) + "\n" for text in texts)
        whole = excerpt(text, [(0, len(text))])
        expected = set(find_formats(text, whole, FORMATS))
        assert set(find_formats(text, windows(text), FORMATS)) == expected
        assert expected
