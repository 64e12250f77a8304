"""Made-up secrets in their providers' public formats, and the ways in which people write them down.

Written from the providers' documentation, before and apart from the rules that look for them, so
that neither is fitted to the other. Nothing here is a secret: every value is drawn from a seed when
the benchmark runs. Which files they are planted in is the business of `secrets.py`.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from string import ascii_letters, ascii_uppercase, digits, hexdigits

ALNUM = ascii_letters + digits
URLSAFE = ALNUM + "_-"
BASE64 = ALNUM + "+/"
HEX = hexdigits[:16]
WORDS = [
    "Summer",
    "Winter",
    "dragon",
    "monkey",
    "Falcon",
    "coffee",
    "River",
    "shadow",
    "Berlin",
    "purple",
    "rocket",
    "Tiger",
]
FIRST = [
    "ana",
    "bo",
    "chen",
    "dmitri",
    "emma",
    "farid",
    "greta",
    "hiro",
    "ines",
    "jamal",
    "kavya",
    "lars",
    "maria",
    "nadia",
]
LAST = [
    "alvarez",
    "brandt",
    "castillo",
    "dubois",
    "eriksen",
    "fischer",
    "garcia",
    "hoffmann",
    "ivanov",
    "jensen",
]
HOSTS = ["mailworks.io", "kestrelsoft.com", "uni-halden.edu", "nordwind.de", "brightpath.co.uk"]


@dataclass(frozen=True)
class Format:
    """One kind of secret: how to draw one, what its variable is called, which forms suit it."""

    kind: str
    make: Callable[[Random], str]
    names: tuple[str, ...]
    forms: str = "named"


def draw(random: Random, alphabet: str, count: int) -> str:
    return "".join(random.choices(alphabet, k=count))


def token(*parts: str | tuple[str, int]) -> Callable[[Random], str]:
    """A maker of fixed parts and (alphabet, length) parts, in order."""
    return lambda random: "".join(
        part if isinstance(part, str) else draw(random, *part) for part in parts
    )


def one_of(*makers: Callable[[Random], str]) -> Callable[[Random], str]:
    return lambda random: random.choice(makers)(random)


def password(random: Random) -> str:
    """As people choose them, and as generators do."""
    word, number = random.choice(WORDS), random.randint(1, 9999)
    return random.choice(
        (
            f"{word}{number}{random.choice('!@#$*')}",
            f"{word.lower()}{number:04}",
            f"{word[:2]}{random.choice('!@$')}{word[2:]}{number}",
            draw(random, ALNUM, random.randint(8, 16)),
            draw(random, ALNUM + "!#%&*+-.=?@^_~", random.randint(10, 24)),
        )
    )


def json_web_token(random: Random) -> str:
    claims = {"sub": draw(random, digits, 10), "name": random.choice(FIRST), "iat": 1516239022}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    encoded = [_url_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts]
    return ".".join([*encoded, _url_base64(random.randbytes(32))])


def basic_credentials(random: Random) -> str:
    return base64.b64encode(f"{random.choice(FIRST)}:{password(random)}".encode()).decode()


def private_key(random: Random) -> str:
    """PEM armour round random bytes; lines of 64, as RFC 7468 has them."""
    label = random.choice(("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "))
    size = 121 if label == "EC " else 1190
    body = base64.b64encode(b"0\x82" + random.randbytes(size)).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join(
        [f"-----BEGIN {label}PRIVATE KEY-----", *lines, f"-----END {label}PRIVATE KEY-----"]
    )


def email(random: Random) -> str:
    first, last = random.choice(FIRST), random.choice(LAST)
    local = random.choice(
        (f"{first}.{last}", f"{first[0]}{last}", f"{last}+git", f"{first}_{last}7")
    )
    return f"{local}@{random.choice(HOSTS)}"


def public_ipv4(random: Random) -> str:
    """Addresses of the large unicast blocks, none of which is reserved."""
    first = random.choice((23, 34, 52, 81, 93, 104, 138, 151, 185, 203, 212))
    return ".".join(map(str, (first, *(random.randint(1, 254) for _ in range(3)))))


def public_ipv6(random: Random) -> str:
    head = random.choice(("2001:4860", "2606:4700", "2a00:1450", "2a01:4f8"))
    return (
        f"{head}:{draw(random, HEX[1:], 4)}:{draw(random, HEX[1:], 3)}::{draw(random, HEX[1:], 4)}"
    )


def _url_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _old_openai(random: Random) -> str:
    return f"sk-{draw(random, ALNUM, 20)}T3BlbkFJ{draw(random, ALNUM, 20)}"


def _new_openai(random: Random) -> str:
    return f"sk-proj-{draw(random, URLSAFE, 74)}T3BlbkFJ{draw(random, URLSAFE, 74)}"


def _discord_bot(random: Random) -> str:
    account = _url_base64(draw(random, digits, 18).encode())
    return f"{account}.{draw(random, URLSAFE, 6)}.{draw(random, URLSAFE, 38)}"


def _pypi(random: Random) -> str:
    location = base64.b64encode(b"\x02\x01\x08pypi.org" + random.randbytes(100)).decode()
    return "pypi-" + location.rstrip("=").replace("+", "-").replace("/", "_")


def _uuid(random: Random) -> str:
    return "-".join(draw(random, HEX, count) for count in (8, 4, 4, 4, 12))


FORMATS = (
    Format(
        "aws-access-key-id",
        token("AKIA", (ascii_uppercase + "234567", 16)),
        ("AWS_ACCESS_KEY_ID", "accessKeyId", "aws_key"),
    ),
    Format(
        "aws-secret-key",
        token((BASE64, 40)),
        ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", "secretAccessKey"),
    ),
    Format(
        "github-token",
        one_of(*(token(f"gh{letter}_", (ALNUM, 36)) for letter in "pousr")),
        ("GITHUB_TOKEN", "gh_token", "auth", "value"),
    ),
    Format(
        "github-fine-grained",
        token("github_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
        ("GITHUB_PAT", "githubToken", "x"),
    ),
    Format(
        "gitlab-token", token("glpat-", (URLSAFE, 20)), ("GITLAB_TOKEN", "private", "ci_access")
    ),
    Format(
        "slack-token",
        one_of(
            token("xoxb-", (digits, 12), "-", (digits, 13), "-", (ALNUM, 24)),
            token("xoxp-", (digits, 12), "-", (digits, 12), "-", (digits, 12), "-", (HEX, 32)),
        ),
        ("SLACK_BOT_TOKEN", "slack", "bot"),
    ),
    Format(
        "slack-webhook",
        token(
            "https://hooks.slack.com/services/",
            *("T", (ascii_uppercase + digits, 10), "/B", (ascii_uppercase + digits, 10), "/"),
            (ALNUM, 24),
        ),
        ("SLACK_WEBHOOK_URL", "webhook", "notify"),
    ),
    Format(
        "stripe-key",
        one_of(token("sk_live_", (ALNUM, 24)), token("rk_live_", (ALNUM, 99))),
        ("STRIPE_SECRET_KEY", "stripe", "billing_key"),
    ),
    Format("google-api-key", token("AIza", (URLSAFE, 35)), ("GOOGLE_API_KEY", "maps_key", "key")),
    Format(
        "google-oauth-secret",
        token("GOCSPX-", (URLSAFE, 28)),
        ("GOOGLE_CLIENT_SECRET", "client_secret", "oauth"),
    ),
    Format(
        "azure-storage-key",
        lambda random: base64.b64encode(random.randbytes(64)).decode(),
        ("AccountKey",),
        "azure",
    ),
    Format("twilio-key", token("SK", (HEX, 32)), ("TWILIO_API_KEY", "twilio_key_sid", "twilio")),
    Format("twilio-auth-token", token((HEX, 32)), ("TWILIO_AUTH_TOKEN", "twilioAuthToken")),
    Format(
        "sendgrid-key",
        token("SG.", (URLSAFE, 22), ".", (URLSAFE, 43)),
        ("SENDGRID_API_KEY", "mailer_key", "sg"),
    ),
    Format("mailgun-key", token("key-", (HEX, 32)), ("MAILGUN_API_KEY", "mailgun", "mg_key")),
    Format("npm-token", token("npm_", (ALNUM, 36)), ("NPM_TOKEN", "_authToken", "registry_auth")),
    Format("pypi-token", _pypi, ("PYPI_TOKEN", "TWINE_PASSWORD", "upload")),
    Format("openai-key", one_of(_old_openai, _new_openai), ("OPENAI_API_KEY", "api_key", "llm")),
    Format(
        "anthropic-key",
        token("sk-ant-api03-", (URLSAFE, 93), "AA"),
        ("ANTHROPIC_API_KEY", "claude_key", "k"),
    ),
    Format("hugging-face-token", token("hf_", (ascii_letters, 34)), ("HF_TOKEN", "hub_auth", "hf")),
    Format(
        "telegram-bot-token",
        token((digits[1:], 10), ":AA", (URLSAFE, 33)),
        ("TELEGRAM_BOT_TOKEN", "bot_token", "tg"),
    ),
    Format("discord-bot-token", _discord_bot, ("DISCORD_TOKEN", "discordBotToken")),
    Format(
        "discord-webhook",
        token("https://discord.com/api/webhooks/", (digits[1:], 18), "/", (URLSAFE, 68)),
        ("DISCORD_WEBHOOK", "hook", "alerts"),
    ),
    Format("json-web-token", json_web_token, ("JWT", "id_token", "session")),
    Format("private-key", private_key, ("PRIVATE_KEY", "pem", "signing_key"), "block"),
    Format("password-in-url", password, ("DATABASE_URL", "BROKER", "dsn"), "url"),
    Format("basic-credentials", basic_credentials, ("Basic",), "header"),
    Format("bearer-token", token((ALNUM, 40)), ("Bearer",), "header"),
    Format(
        "password",
        password,
        ("password", "DB_PASSWORD", "smtpPassword", "passwd", "admin_pwd", "redis.password"),
    ),
    Format(
        "hex-secret",
        one_of(token((HEX, 32)), token((HEX, 40)), token((HEX, 64))),
        ("SECRET_KEY", "api_key", "authToken", "client-secret", "signingSecret"),
    ),
    Format(
        "base64-secret",
        lambda random: base64.b64encode(random.randbytes(random.choice((24, 32, 48)))).decode(),
        ("SECRET_KEY_BASE", "encryption_key", "apiSecret", "access_token"),
    ),
    Format(
        "mixed-secret", token((ALNUM, 24)), ("API_KEY", "apiKey", "client_secret", "auth_token")
    ),
    Format(
        "facebook-token",
        token("EAA", (ALNUM, 160)),
        ("FACEBOOK_ACCESS_TOKEN", "fb_page_token", "graph"),
    ),
    Format("shopify-token", token("shpat_", (HEX, 32)), ("SHOPIFY_TOKEN", "shop_admin", "store")),
    Format("digitalocean-token", token("dop_v1_", (HEX, 64)), ("DO_TOKEN", "digitalocean", "do")),
    Format("heroku-key", _uuid, ("HEROKU_API_KEY", "heroku_auth_token")),
    Format("email", email, ("author", "contact", "MAIL_TO"), "personal"),
    Format("ipv4", public_ipv4, ("HOST", "server", "bind_to"), "personal"),
    Format("ipv6", public_ipv6, ("HOST6", "server", "peer"), "personal"),
)
