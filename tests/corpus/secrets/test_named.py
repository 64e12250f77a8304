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
        # In a string of another language.
        'String json = "{\\"user\\": \\"ana\\", \\"password\\": \\"{}\\"}";',
        'body := "{\\"password\\":\\"{}\\"}"',
        "x = '{\\'password\\': \\'{}\\'}'",
        '"{\\\\\\"password\\\\\\": \\\\\\"{}\\\\\\"}"',
        # In code.
        'password = ("{}")',
        'password = (\n    "{}"\n)',
        'password=b"{}"',
        '"password" : "{}"',
        "PASSWORD := '{}'",
        'password ||= "{}"',
        'password: str | None = "{}"',
        'const PASSWORD: &\'static str = "{}";',
        'Dim password As String = "{}"',
        'if ($password -eq "{}") {',
        'user.setPassword("{}");',
        'builder.username("ana").password("{}").build()',
        "{ user: 'ana', pass: '{}' }",
        'smtppass = "{}"',
        "ALTER USER ana WITH PASSWORD '{}';",
        "SET PASSWORD FOR ana = PASSWORD('{}');",
        # In lists.
        'passwords = ["", "{}"]',
        "passwords = ['letmein', '{}', 'qwerty']",
        '"passwords": ["{}"]',
        "passwords: [letmein, {}]",
        "passwords:\n  - letmein\n  - {}\n  - qwerty",
        'passwords:\n- "{}"\n',
        "password: |\n  {}\n",
        "password: >-\n  {}\n",
        # In files of settings.
        '<user name="ana" password="{}" />',
        '<property name="password" value="{}"/>',
        "[db]\npassword = {}\nhost = db",
        "spring.datasource.password={}\n",
        "- DB_PASSWORD={}\n",
        "ENV DB_PASSWORD {}\n",
        '"Server=db;User Id=ana;Password={};"',
        "Data Source=db;Uid=ana;Pwd={}",
        "machine nordwind.de login ana password {}\n",
        "machine nordwind.de\n  login ana\n  password {}\n",
        # In commands.
        "./deploy --password='{}'",
        "PGPASSWORD={} psql",
        "docker run -e MYSQL_ROOT_PASSWORD={} mysql",
        "sshpass -p {} ssh ana@host",
        "sshpass -p '{}' ssh ana@host",
        "sshpass -p{} ssh ana@host",
        '$password = ConvertTo-SecureString "{}" -AsPlainText -Force',
    ],
)
def test_other_ways_to_write_a_password(text: str) -> None:
    assert redact(text.replace("{}", PASSWORD)).text == text.replace("{}", "<PASSWORD>")


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ('password = "{}"', "a{9b}c!"),
        ('password = "{}"', "it's9!xyz"),
        ("password = '{}'", 'say"9"x!y'),
        ('password = "{}"', 'it\\"s9!xyz'),
        ('password = "{}"', "x\\\\y9&z!"),
        ('password = "{}"', "a&b;c(d)9*"),
        ('password = "{}"', "corr3ct horse battery"),
        ('"{\\"password\\": \\"{}\\"}"', "it's9!xyz"),
        ("DB_PASSWORD={}\n", "aB*c&d;9(x"),
        ("export DB_PASSWORD={}\n", "aB*c&d9,x"),
        ("password: {}\n", "aB*c&d;9(x"),
        ("Server=db;User Id=ana;Password={};Port=1", "aB*c&d(9),x"),
        ("DB_PASSWORD={}\n", "falcon12"),
        ('user.setPassword("{}")', "falcon12"),
    ],
)
def test_passwords_with_signs(text: str, password: str) -> None:
    assert redact(text.replace("{}", password)).text == text.replace("{}", "<PASSWORD>")


@pytest.mark.parametrize(
    "line",
    [
        "PASSWORD=$(pwgen -s 16 1)",
        "password=getpass(stream1);",
        "password=a1&&b2;",
        "password=Falcon&user=ana1",
        'url = "?user=ana&password=" + quote(password1) + "&x=1"',
        "x = '{\\'password\\': \\'' + password1 + '\\'}'",
        "if not password:\n    foo('Falcon2019!')",
        "pass\n    foo('Falcon2019!')",
        "pass\n    'Falcon2019!'",
        'print("Pass "+user1+" is over")',
        "call(pass_fds, 'x=%a1')",
        "pass_context = 'Falcon2019!'",
        '<input type="password" class="col-md6 p2!">',
        "'password' => 'required|min:8|confirmed'",
        'password: ["", Validators.minLength(8)]',
        "passwords = [user.password1, b2]",
        "password = (user1 + salt2)",
        "# login with password failed",
        "password: 'Passwords must have 8 l3tters'",
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
        'PUBLIC_API_KEY = "{digest}"',
        'publicToken: "{digest}"',
        'token_hash = "{digest}"',
        'tokenSha256: "{digest}"',
        'secret_digests = ["{digest}"]',
        'password_hash = "{digest}"',
        'hashed_password = "{digest}"',
        'access_key_id = "{digest}"',
        '"private_key_id": "{digest}"',
        'token_type = "{digest}"',
        'signing_key_fingerprint = "{digest}"',
        'api-key-name: "{digest}"',
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


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "auth_token",
        "api-key",
        "hash_secret",
        "token_hash_secret",
        "key_id_token",
        "secret_id",
    ],
)
def test_the_same_digest_under_the_name_of_a_secret(name: str) -> None:
    assert redact(f'{name} = "{DIGEST}"').text == f'{name} = "<KEY>"'


def test_a_value_ends_with_its_quotes() -> None:
    text = f"f(password='{PASSWORD}', api_key=\"{KEY}\", other='{KEY}')"
    expected = f"f(password='<PASSWORD>', api_key=\"<KEY>\", other='{KEY}')"
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    ["keys: api_keys = ['{0}', '{1}']", "tokens:\n  - {0}\n  - {1}\n", 'TOKEN = ("{0}", "{1}")'],
)
def test_every_key_of_a_list_goes(text: str) -> None:
    keys = [token((ALNUM, 32))(seeded("list", nth)) for nth in range(2)]
    assert redact(text.format(*keys)).text == text.format("<KEY>", "<KEY>")


@given(st.characters(exclude_categories=[]))
def test_lower_case_is_as_long(character: str) -> None:
    """Places in the one text are places in the other."""
    assert len(_lowered(character)) == 1


@pytest.mark.parametrize("before", ["İİİ ", "ß ", "\U0001f511 ", "ﬁ "])
def test_letters_before_a_name_move_nothing(before: str) -> None:
    text = f"{before}API_KEY = '{KEY}'; password = '{PASSWORD}'"
    assert redact(text).text == f"{before}API_KEY = '<KEY>'; password = '<PASSWORD>'"
