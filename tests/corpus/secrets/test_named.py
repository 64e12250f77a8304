"""Values that their names give away: which names, which ways to write one, which values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.secrets import redact
from codekiln.corpus.secrets.named import _lowered
from corpus.secrets.forms import LINES, line
from corpus.secrets.makers import ALNUM, HEX, seeded, token, uuid

KEY = token((ALNUM, 32))(seeded("named"))
DIGEST = token((HEX, 64))(seeded("digest"))
UUID = uuid(seeded("uuid"))
PASSWORD = "Falcon" + "2019!"


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWORD", "smtpPassword", "redis.passwd", "admin_pwd"]
)
def test_a_password_in_every_form(form: str, name: str) -> None:
    assert redact(line(form, name, PASSWORD)).text == line(form, name, "<PASSWORD>")


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize(
    "name", ["secret", "API_KEY", "authToken", "client-secret", "secretKeyBase"]
)
def test_a_key_in_every_form(form: str, name: str) -> None:
    assert redact(line(form, name, KEY)).text == line(form, name, "<KEY>")


@pytest.mark.parametrize(
    "text",
    [
        'password: str = "{}"',
        'password :="{}"',
        'let password: Option<&str> = "{}"',
        'passwords[0] = "{}"',
        'config["password"] = "{}"',
        "config['password'] = b'{}'",
        'password = os.getenv("{}")',
        'getenv("DB_PASSWORD", "{}")',
        'password || "{}"',
        'password ?? "{}"',
        'if (password != "{}")',
        'password =\n    "{}"',
        '<add key="Password" value="{}"/>',
        "Server=db;User=ana;Password={};Port=1",
        "jdbc:mysql://db/orders?user=ana&password={}&ssl=1",
        "./deploy --db-password {} --now",
        "./deploy --password={} --now",
        "# password: {}",
        'text = "password: {}"',
        "password={}\n",
        "password={}\\n",
        "PGPASSWORD='{}' psql",
        "<Password>{}</Password>",
    ],
)
def test_other_ways_to_write_a_password(text: str) -> None:
    assert redact(text.replace("{}", PASSWORD)).text == text.replace("{}", "<PASSWORD>")


@pytest.mark.parametrize(
    "line",
    [
        'password = "changeme"',
        'password = "change_me_1"',
        'password = "<your key>"',
        'password = "<YOUR_PASSWORD_1>"',
        'password = os.environ["DB_PASSWORD"]',
        "password = os.environ.get('DB_PASSWORD')",
        'password = os.getenv("DB_PASSWORD_1")',
        "password = getpass.getpass()",
        "password = config.database.password1",
        'password = "${DB_PASSWORD1}"',
        'password = "{{ db_password1 }}"',
        "password = f'{user}{number}1!'",
        'password = "%(password1)s"',
        'password = ""',
        'password = "***"',
        'password = "ab3!"',
        'password = input("Your password 1: ")',
        'help = "the password: 12 characters"',
        "def set_password(self, password1, password2):",
        'parser.add_argument("--password", help="the password2 to use")',
        "passwordEncoder = new BCryptPasswordEncoder(12)",
        'PASSWORD_FIELD = "password_field1"',
        "if password == other.password2:",
        "password: string;",
        "password: &'static str,",
        "compass = 'North1West!'",
        "bypass: 'Falcon2019!'",
        "passenger = 'Falcon2019!'",
    ],
)
def test_what_is_called_a_password_and_is_none(line: str) -> None:
    assert redact(line).text == line


@pytest.mark.parametrize(
    "text",
    [
        'sha256 = "{digest}"',
        '"sha256:{digest}"',
        'digest: "{digest}"',
        "hashes = ['--hash=sha256:{digest}']",
        'commit = "{digest}"',
        'etag = "{digest}"',
        'id = "{uuid}"',
        'trace_id: "{uuid}"',
        "urn:uuid:{uuid}",
        'cache_key = "{digest}"',
        'public_key = "{digest}"',
        'tokenizer = "{digest}"',
        'secretary = "{digest}"',
        'credentialing = "{digest}"',
        'token = "get_token_from_environment_or_file"',
        'token = "CancellationTokenSource"',
        "token: AbstractTokenStreamComponents",
        "secretName: orders-database-credentials",
        'api_key = "YOUR_API_KEY_GOES_HERE"',
        'api_key = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
        'api_key = "0123456789abcdef0123456789abcdef"',
        'api_key = "00000000000000000000000000000000"',
        'api_key = os.environ["OPENAI_API_KEY_FOR_TESTS"]',
        'api_key = "sk-..."',
        'token_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"',
        'token_url = "https://nordwind.de/oauth2/v1/token"',
        'secret_path = "/run/secrets/orders/database"',
        'import {{ TokenProvider }} from "@nordwind/token-provider-v2"',
    ],
)
def test_what_is_called_a_key_and_is_none(text: str) -> None:
    line = text.format(digest=DIGEST, uuid=UUID)
    assert redact(line).text == line


@pytest.mark.parametrize("name", ["secret", "auth_token", "api-key"])
def test_the_same_digest_under_the_name_of_a_secret(name: str) -> None:
    assert redact(f'{name} = "{DIGEST}"').text == f'{name} = "<KEY>"'


def test_a_value_ends_with_its_quotes() -> None:
    text = f"f(password='{PASSWORD}', api_key=\"{KEY}\", other='{KEY}')"
    expected = f"f(password='<PASSWORD>', api_key=\"<KEY>\", other='{KEY}')"
    assert redact(text).text == expected


@given(st.characters(exclude_categories=[]))
def test_lower_case_is_as_long(character: str) -> None:
    """Places in the one text are places in the other."""
    assert len(_lowered(character)) == 1


@pytest.mark.parametrize("before", ["İİİ ", "ß ", "\U0001f511 ", "ﬁ "])
def test_letters_before_a_name_move_nothing(before: str) -> None:
    text = f"{before}API_KEY = '{KEY}'; password = '{PASSWORD}'"
    assert redact(text).text == f"{before}API_KEY = '<KEY>'; password = '<PASSWORD>'"
