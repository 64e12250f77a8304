"""One sort of secret for every rule of `rules.toml`: values to find, and near misses that stay.

Formats that belong to one service are in `services.py`.
"""

from corpus.secrets.makers import (
    ALNUM,
    BASE64,
    HEX,
    URLSAFE,
    Sort,
    base64_of,
    chosen_password,
    credentials,
    fixed,
    mailbox,
    public_ipv4,
    public_ipv6,
    token,
    url_base64,
    uuid,
)
from corpus.secrets.services import SERVICES

NAMED = ("app_secret", "API_KEY", "authToken", "signing_key", "client.credential")
VALUES: dict[str, Sort] = {
    "password-in-url": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14))),
        fixed("password", "secret", "app", "PASSWORD", "$DB_PW", "%s", "***", "your-password"),
        ("postgresql://app:{}@db.nordwind.de:5432/orders", "redis://:{}@cache:6379/0"),
        ("DATABASE", "dsn", "broker"),
    ),
    "token-in-url": Sort(
        "KEY",
        (token((HEX, 32)), token((ALNUM, 40)), token((HEX, 40))),
        (token((ALNUM, 19)), *fixed("the-name-of-a-longer-user", "ApplicationServiceAccount")),
        ("https://{}@localhost:9000/7", "https://{}@o77.ingest.sentry.io/7"),
        ("dsn", "REMOTE", "url"),
    ),
    "password-in-command": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14), "7")),
        (
            *fixed("password", "$DB_PW1", "ana", "app_password", "%s", "3306:3306", "admin-1"),
            *fixed("x; mysql -port=8080", "x; docker run -p 127.0.0.1:80:80"),
            *fixed("x; curl https://api-url.nordwind.de:8080/v1/orders!"),
        ),
        (
            "curl -u ana:{} https://nordwind.de",
            "curl https://nordwind.de -sS --user ana:{}",
            "curl --proxy-user=ana:{} https://nordwind.de",
            "curl -X POST -uana:{}",
            "mysql -u root -p{} orders",
            "mysqldump -uroot -p{} orders",
            "docker login -u ana -p {} nordwind.de",
            "sshpass -p {} ssh ana@host",
            "sshpass -p{} ssh ana@host",
        ),
        ("command", "RUN", "fetch"),
    ),
    "secure-string": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14), "777")),
        fixed("$pw1", "password", "Password1"),
        ("ConvertTo-SecureString '{}' -AsPlainText", "ConvertTo-SecureString -String '{}'"),
        ("credential", "RUN", "login"),
    ),
    "database-user": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14), "777")),
        fixed("$pw1", "password", "Password1"),
        ("CREATE USER ana IDENTIFIED BY '{}'", "GRANT ALL ON orders TO ana IDENTIFIED BY '{}'"),
        ("query", "SQL", "statement"),
    ),
    "login-pair": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14), "777")),
        fixed("$pw1", "password", "letmein", "falcon12", "test_password1"),
        ("get(auth=('ana', '{}'))", "HTTPBasicAuth('ana', '{}')", "get(auth = ('ana', '{}'))"),
        ("client", "SESSION", "reply"),
    ),
    "postgres-password-file": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14))),
        fixed("password", "ana", "$DB_PW", "***"),
        ("db.nordwind.de:5432:orders:ana:{}", "*:5432:*:ana:{}"),
        ("line", "ENTRY", "login"),
    ),
    "basic-credentials": Sort(
        "PASSWORD",
        (credentials("ana", chosen_password), credentials("ci", token((ALNUM, 20)))),
        (
            credentials("ana", token("password")),
            credentials("ana", token("ana")),
            base64_of(0, b"a sentence, and no password"),
            *fixed("authentication", "realm"),
        ),
        ("Basic {}", "basic {}", "curl -H 'Authorization: Basic {}' https://nordwind.de"),
        ("Authorization",),
    ),
    "registry-credentials": Sort(
        "PASSWORD",
        (credentials("ana", chosen_password), credentials("ci", token((ALNUM, 20)))),
        (credentials("ana", token("password")), *fixed("authentication-of-users", "basic")),
        ('{"auths": {"nordwind.de": {"auth": "{}"}}}', "//nordwind.de/:_auth={}"),
        ("config", "npmrc"),
    ),
    "authorization-token": Sort(
        "KEY",
        (token((HEX, 40)), token((ALNUM, 40)), token((URLSAFE, 42))),
        (token((ALNUM, 15)), *fixed("authentication-scheme", "get_access_token_here")),
        (
            "curl -H 'Authorization: token {}'",
            "{'Authorization': 'Token {}'}",
            "Authorization: SSWS {}",
            "Authorization: ApiKey {}",
        ),
        ("headers", "fetch"),
    ),
    "bearer-token": Sort(
        "KEY",
        (token((ALNUM, 40)), token((URLSAFE, 64)), token((HEX, 40))),
        (token((ALNUM, 15)), *fixed("authentication-scheme", "of-the-ring-of-power", "access_token_here")),
        ("Bearer {}", "bearer {}"),
        ("Authorization",),
    ),
    "uuid-key": Sort(
        "KEY",
        (uuid, lambda random: uuid(random).upper()),
        (token((HEX, 8), "-", (HEX, 4), "-", (HEX, 4)),),
        names=("HEROKU_API_KEY", "apikey", "client-secret"),
    ),
    "aws-secret-key": Sort(
        "KEY",
        (token((BASE64, 40)), token((BASE64, 20), "%2F", (ALNUM, 19))),
        (token((ALNUM, 39)), token((ALNUM, 41)), token((HEX[:2], 40))),
        names=("aws_value", "awsValue"),
    ),
    "named-secret": Sort(
        "KEY",
        (
            token((HEX, 32)),
            token((HEX, 64)),
            token((ALNUM, 24)),
            base64_of(32),
            lambda random: url_base64(random.randbytes(32)),
        ),
        (
            token((ALNUM, 15)),
            *fixed("com.nordwind.orders.TokenStore", "get_token_from_environment", "TokenAuthentication"),
            *fixed("/run/secrets/orders_token", "https://nordwind.de/oauth2/token", "AES/CBC/PKCS5Padding"),
        ),
        names=NAMED,
    ),
    "password": Sort(
        "PASSWORD",
        (chosen_password, token((ALNUM, 14), "7"), token("Ab3", (ALNUM + "!#%*+-?~", 15))),
        (
            *fixed("changeme1", "your_password1", "password123", "correcthorse", "self.password"),
            *fixed("SHA-256-crypt", "get_password()", "/etc/passwd2", "${DB_PW1}", "ab3!"),
        ),
        names=("password", "DB_PASSWORD", "smtpPassword", "admin_pwd", "redis.passwd", "mail.pass"),
    ),
    "email": Sort(
        "EMAIL",
        (mailbox,),
        (
            *fixed("ana@example.com", "ana@mail.example.org", "ana@localhost", "icon@2x.js", "a@b"),
            *fixed("noreply@nordwind.de", "$TOKEN@nordwind.de", "%s@nordwind.de", "git@nordwind.de:app"),
        ),
        names=("author", "MAIL_TO", "contact"),
    ),
    "ipv4": Sort(
        "IP",
        (public_ipv4,),
        fixed("127.0.0.1", "10.33.44.55", "192.168.40.50", "0.0.0.0", "8.8.8.8", "203.0.113.77", "1.2.3.4"),
        names=("HOST", "server", "peer"),
    ),
    "ipv6": Sort(
        "IP",
        (public_ipv6,),
        fixed("::1", "fe80::1", "2001:db8::8a2e:370", "fd12:3456::1", "2001:4860:4860::8888", "2a00::"),
        names=("HOST6", "server", "peer"),
    ),
}  # fmt: skip
SORTS = SERVICES | VALUES
