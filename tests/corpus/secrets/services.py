"""What the services of this world give out as keys, and near misses: from their documentation."""

from string import ascii_letters, ascii_lowercase, digits

from corpus.secrets.makers import (
    ALNUM,
    BASE32,
    BECH32,
    HEX,
    UPPER,
    URLSAFE,
    Sort,
    base64_of,
    discord_bot,
    fixed,
    json_web_token,
    prefixed,
    pypi_token,
    token,
    unsigned_token,
    uuid,
)

ALNUM36 = ascii_lowercase + digits
SERVICES: dict[str, Sort] = {
    "aws-access-key-id": Sort(
        "KEY",
        prefixed("AKIA", "ASIA", "ABIA", "ACCA", alphabet=BASE32, length=16),
        (
            token("AKIA", (BASE32, 15)),
            token("AKIA", (BASE32, 16), "A"),
            token("AKIA", (HEX, 16)),
            token("x", "AKIA", (BASE32, 16)),
            token("AKIA", "IOSFODNN7", "EXAMPLE"),
        ),
    ),
    "github-token": Sort(
        "KEY",
        prefixed("ghp_", "gho_", "ghu_", "ghs_", "ghr_", alphabet=ALNUM, length=36),
        (token("ghp_", (ALNUM, 35)), token("ghp_", "x" * 36), token("a", "ghp_", (ALNUM, 36))),
    ),
    "github-fine-grained-token": Sort(
        "KEY",
        (token("github_pat_", (ALNUM, 22), "_", (ALNUM, 59)),),
        (
            token("github_pat_", (ALNUM, 22), "_", (ALNUM, 58)),
            token("github_pat_", (ALNUM, 21), "_", (ALNUM, 59)),
        ),
    ),
    "gitlab-token": Sort(
        "KEY",
        (
            *prefixed("glpat-", "gldt-", "glrt-", "glrtr-", "glsoat-", alphabet=URLSAFE, length=20),
            *prefixed("GR1348941", "glft-", "glffct-", alphabet=URLSAFE, length=20),
            *prefixed("glimt-", alphabet=ALNUM, length=25),
            token("glcbt-64_", (URLSAFE, 20)),
            token("glagent-", (URLSAFE, 50)),
            token("glptt-", (HEX, 40)),
        ),
        (token("glpat-", (ALNUM, 19)), token("glpat-", (ALNUM, 61)), token("glpat-" + "a-" * 10)),
    ),
    "slack-token": Sort(
        "KEY",
        (
            token("xoxb-", (digits, 12), "-", (digits, 13), "-", (ALNUM, 24)),
            token("xoxp-", (digits, 12), "-", (digits, 12), "-", (digits, 12), "-", (HEX, 32)),
            token("xoxa-2-", (digits, 12), "-", (digits, 12), "-", (HEX, 32)),
            *prefixed("xoxr-", "xoxs-", alphabet=ALNUM, length=40),
            token("xoxc-", (digits, 12), "-", (digits, 12), "-", (digits, 13), "-", (HEX, 64)),
            token("xoxd-", (ALNUM, 30), "%2B", (ALNUM, 60), "%3D", (ALNUM, 30)),
            token("xoxe.xoxp-1-", (ALNUM, 160)),
            token("xoxe-1-", (ALNUM, 140)),
            token("xapp-1-A", (UPPER, 10), "-", (digits, 13), "-", (HEX, 64)),
        ),
        (token("xoxb-", (ALNUM, 19)), *fixed("xoxb-your-token-goes-right-here", "xoxb-" + "1-" * 20)),
    ),
    "slack-webhook": Sort(
        "KEY",
        (
            token("T", (UPPER, 10), "/B", (UPPER, 10), "/", (ALNUM, 24)),
            token("T", (UPPER, 8), "/B", (UPPER, 8), "/", (ALNUM, 24)),
            token("T", (UPPER, 8), "%2FB", (UPPER, 8), "%2F", (ALNUM, 24)),
            token("T", (UPPER, 10), "/A", (UPPER, 10), "/", (digits, 18), "/", (ALNUM, 24)),
        ),
        (
            token("T", (UPPER, 10), "/B", (UPPER, 10), "/", (ALNUM, 19)),
            token("T", (UPPER, 10), "/B", (UPPER, 10)),
            token("T" + "0" * 8 + "/B" + "0" * 8 + "/" + "X" * 24),
        ),
        ("https://hooks.slack.com/services/{}", "https://hooks.slack.com/workflows/{}"),
    ),
    "discord-webhook": Sort(
        "KEY",
        (token((URLSAFE, 68)),),
        (token((URLSAFE, 59)), *fixed("your_webhook_token_goes_right_here" * 2, "messages")),
        (
            "https://discord.com/api/webhooks/293847561029384756/{}",
            "https%3A%2F%2Fdiscord.com%2Fapi%2Fwebhooks%2F293847561029384756%2F{}",
        ),
    ),
    "discord-bot-token": Sort(
        "KEY",
        (discord_bot(27), discord_bot(38)),
        (discord_bot(26), discord_bot(39), token("Module", "A" * 20, ".", "b" * 6, ".", "c" * 27)),
        ("{}", "client.run({})", "client.login({})"),
        ("DISCORD_BOT", "DiscordBot", "my_discord_bot"),
    ),
    "stripe-key": Sort(
        "KEY",
        (
            *prefixed("sk_live_", "sk_test_", "rk_test_", alphabet=ALNUM, length=24),
            token("rk_live_", (ALNUM, 99)),
        ),
        (token("sk_live_", (ALNUM, 15)), token("pk_live_", (ALNUM, 24)), *fixed("sk_live_" + "0" * 24)),
    ),
    "stripe-webhook-secret": Sort(
        "KEY", (token("whsec_", (ALNUM, 32)),), (token("whsec_", (ALNUM, 31)), *fixed("whsec_" + "ab" * 20))
    ),
    "google-api-key": Sort(
        "KEY",
        (token("AIza", (URLSAFE, 35)),),
        (token("AIza", (ALNUM, 34)), token("AIza", (ALNUM, 36)), *fixed("AIza" + "Sy" * 17 + "A")),
    ),
    "google-oauth-secret": Sort(
        "KEY",
        (token("GOCSPX-", (URLSAFE, 28)),),
        (token("GOCSPX-", (ALNUM, 27)), token("GOCSPX-", (ALNUM, 29))),
    ),
    "google-oauth-token": Sort("KEY", (token("ya29.", (URLSAFE, 150)),), (token("ya29.", (ALNUM, 29)),)),
    "azure-storage-key": Sort(
        "KEY",
        (base64_of(64), base64_of(32)),
        (base64_of(20), token((ALNUM, 88)), *fixed("A" * 86 + "==")),
        (
            "AccountName=orders7;AccountKey={};EndpointSuffix=core.windows.net",
            "Endpoint=sb://orders7.servicebus.windows.net/;SharedAccessKey={}",
        ),
    ),
    "azure-signature": Sort(
        "KEY",
        (
            token((ALNUM, 20), "%2B", (ALNUM, 22), "%3D"),
            token((ALNUM, 20), "+/", (ALNUM, 21), "="),
        ),
        (token((ALNUM, 44)), token((ALNUM, 42), "%3D"), *fixed("your-signature-of-the-address")),
        ("https://orders7.blob.core.windows.net/in/7?sv=2022-11-02&sr=b&sp=r&sig={}",),
    ),
    "azure-client-secret": Sort(
        "KEY",
        (
            token((ALNUM, 3), "8Q~", (ALNUM, 34)),
            token((ALNUM, 3), "7Q~", (URLSAFE, 16), ".", (ALNUM, 10), "~", (URLSAFE, 6)),
        ),
        (token((ALNUM, 3), "8Q~", (ALNUM, 33)), token((ALNUM, 3), "xQ~", (ALNUM, 34))),
    ),
    "twilio-key": Sort(
        "KEY",
        (token("SK", (HEX, 32)),),
        (token("SK", (HEX, 31)), token("SK", (HEX, 33)), token("TASK", (HEX, 32)), *fixed("SK" + "0" * 32)),
    ),
    "sendgrid-key": Sort(
        "KEY",
        (token("SG.", (URLSAFE, 22), ".", (URLSAFE, 43)),),
        (token("SG.", (ALNUM, 22), ".", (ALNUM, 38)), token("SG.", (ALNUM, 19), ".", (ALNUM, 43))),
    ),
    "mailgun-key": Sort(
        "KEY", (token("key-", (HEX, 32)),), (token("key-", (HEX, 31)), token("monkey-", (HEX, 32)))
    ),
    "mailchimp-key": Sort(
        "KEY",
        (token((HEX, 32), "-us12"), token((HEX, 32), "-us6")),
        (token((HEX, 31), "-us12"), token((HEX, 33), "-us12"), token((HEX, 32), "-us123")),
    ),
    "npm-token": Sort(
        "KEY", (token("npm_", (ALNUM, 36)),), (token("npm_", (ALNUM, 35)), token("npm_", (ALNUM, 37)))
    ),
    "pypi-token": Sort("KEY", (pypi_token,), (token("pypi-AgE", (ALNUM, 49)), token("pypi-", (ALNUM, 70)))),
    "rubygems-token": Sort(
        "KEY",
        (token("rubygems_", (HEX, 48)),),
        (token("rubygems_", (HEX, 47)), token("rubygems_", (HEX, 49))),
    ),
    "docker-token": Sort(
        "KEY",
        (token("dckr_pat_", (URLSAFE, 27)), token("dckr_oat_", (URLSAFE, 32))),
        (token("dckr_pat_", (ALNUM, 26)), token("dckr_oat_", (ALNUM, 26))),
    ),
    "anthropic-key": Sort(
        "KEY",
        (token("sk-ant-api03-", (URLSAFE, 93), "AA"), token("sk-ant-admin01-", (URLSAFE, 93), "AA")),
        (token("sk-ant-", (ALNUM, 31)), *fixed("sk-ant-api03-" + "your-key-goes-here-" * 2)),
    ),
    "openai-key": Sort(
        "KEY",
        (
            token("sk-", (ALNUM, 20), "T3BlbkFJ", (ALNUM, 20)),
            token("sk-proj-", (URLSAFE, 74), "T3BlbkFJ", (URLSAFE, 74)),
            token("sk-svcacct-", (URLSAFE, 74), "T3BlbkFJ", (URLSAFE, 74)),
            token("sk-admin-", (URLSAFE, 74), "T3BlbkFJ", (URLSAFE, 74)),
        ),
        (token("sk-proj-", (ALNUM, 39)), token("T3BlbkFJ", (ALNUM, 20))),
    ),
    "prefixed-key": Sort(
        "KEY",
        (token("sk-", (ALNUM, 48)), token("sk-or-v1-", (HEX, 64)), token("sk-", (HEX, 32))),
        (token("sk-", (ALNUM, 31)), *fixed("sk-LoadingIndicatorWithThreeBouncingCircles")),
        ("{}", 'f("x", "{}")'),
    ),
    "hugging-face-token": Sort(
        "KEY",
        prefixed("hf_", "api_org_", alphabet=ascii_letters, length=34),
        (token("hf_", (ascii_letters, 33)), token("hf_", "to" * 17)),
    ),
    "model-service-key": Sort(
        "KEY",
        (
            token("gsk_", (ALNUM, 52)),
            token("xai-", (ALNUM, 80)),
            token("pplx-", (ALNUM, 48)),
            token("r8_", (ALNUM, 37)),
            token("nvapi-", (URLSAFE, 64)),
        ),
        (
            token("gsk_", (ALNUM, 51)),
            token("xai-", (ALNUM, 79)),
            token("pplx-", (ALNUM, 47)),
            token("r8_", (ALNUM, 38)),
            token("nvapi-", (ALNUM, 65)),
        ),
    ),
    "telegram-bot-token": Sort(
        "KEY",
        (
            token("7", (digits, 9), ":AA", (URLSAFE, 33)),
            token("7", (digits, 9), "%3AAA", (URLSAFE, 33)),
        ),
        (token("7", (digits, 9), ":AA", (ALNUM, 32)), token("7", (digits, 5), ":AA", (ALNUM, 33))),
    ),
    "json-web-token": Sort("KEY", (json_web_token,), (unsigned_token, token("eyJ", (ALNUM, 40)))),
    "facebook-token": Sort(
        "KEY", (token("EAA", (ALNUM, 160)),), (token("EAA", (ALNUM, 89)), token("EAA" + "B" * 120))
    ),
    "square-token": Sort(
        "KEY",
        (
            token("EAAA", (URLSAFE, 60)),
            token("sq0atp-", (URLSAFE, 22)),
            token("sq0csp-", (URLSAFE, 43)),
        ),
        (
            token("EAAA", (ALNUM, 59)),
            token("sq0atp-", (ALNUM, 21)),
            token("sq0csp-", (ALNUM, 42)),
            token("sq0idp-", (ALNUM, 22)),
        ),
    ),
    "braintree-token": Sort(
        "KEY",
        (
            token("access_token$production$", (ALNUM36, 16), "$", (HEX, 32)),
            token("access_token$sandbox$", (ALNUM36, 16), "$", (HEX, 32)),
        ),
        (
            token("access_token$production$", (ALNUM36, 16), "$", (HEX, 31)),
            token("access_token$testing$", (ALNUM36, 16), "$", (HEX, 32)),
        ),
    ),
    "shopify-token": Sort(
        "KEY",
        prefixed("shpat_", "shpca_", "shppa_", "shpss_", alphabet=HEX, length=32),
        (token("shpat_", (HEX, 31)), token("shpat_" + "0" * 32)),
    ),
    "digitalocean-token": Sort(
        "KEY",
        prefixed("dop_v1_", "doo_v1_", "dor_v1_", alphabet=HEX, length=64),
        (token("dop_v1_", (HEX, 63)), token("dot_v1_", (HEX, 64))),
    ),
    "heroku-token": Sort(
        "KEY",
        (lambda random: "HRKU-" + uuid(random), token("HRKU-AA", (URLSAFE, 58))),
        (token("HRKU-", (ALNUM, 35)),),
    ),
    "hashicorp-token": Sort(
        "KEY",
        (
            *prefixed("hvs.", "hvb.", "hvr.", alphabet=URLSAFE, length=90),
            token((ALNUM, 14), ".atlasv1.", (URLSAFE, 67)),
        ),
        (token("hvs.", (ALNUM, 23)), token((ALNUM, 14), ".atlasv1.", (ALNUM, 59))),
    ),
    "database-service-token": Sort(
        "KEY",
        (
            token("dapi", (HEX, 32)),
            token("dapi", (HEX, 32), "-2"),
            *prefixed("pscale_tkn_", "pscale_pw_", "pscale_oauth_", alphabet=URLSAFE, length=43),
            token("sbp_", (HEX, 40)),
        ),
        (
            token("dapi", (HEX, 31)),
            token("pscale_tkn_", (ALNUM, 31)),
            token("sbp_", (HEX, 41)),
        ),
    ),
    "observability-token": Sort(
        "KEY",
        (
            token("NRAK-", (UPPER, 27)),
            token("glsa_", (ALNUM, 32), "_", (HEX, 8)),
            base64_of(80, b'{"o":"', "glc_"),
            base64_of(80, b'{"iat":', "sntrys_"),
            token("sntryu_", (HEX, 64)),
            token("dt0c01.", (BASE32, 24), ".", (BASE32, 64)),
        ),
        (
            token("NRAK-", (UPPER, 26)),
            token("glsa_", (ALNUM, 32), "_", (HEX, 7)),
            token("glc_", (ALNUM, 50)),
            token("sntrys_", (ALNUM, 59)),
            token("sntryu_", (HEX, 63)),
            token("dt0c01.", (BASE32, 24), ".", (BASE32, 63)),
        ),
    ),
    "workspace-token": Sort(
        "KEY",
        (
            token("lin_api_", (ALNUM, 40)),
            token("PMAK-", (HEX, 24), "-", (HEX, 34)),
            token("ATATT3", (URLSAFE, 182)),
            token("ATCTT3", (URLSAFE, 182)),
            token("ATBB", (ALNUM, 32)),
            token("ntn_", (ALNUM, 46)),
            token("secret_", (ALNUM, 43)),
            token("figd_", (URLSAFE, 40)),
        ),
        (
            token("lin_api_", (ALNUM, 39)),
            token("PMAK-", (HEX, 24), "-", (HEX, 33)),
            token("ATATT3", (ALNUM, 170)),
            token("ATBB", (ALNUM, 31)),
            token("ntn_", (ALNUM, 45)),
            token("secret_", (ALNUM, 42)),
            token("figd_", (ALNUM, 39)),
        ),
    ),
    "deployment-token": Sort(
        "KEY",
        (
            token("pul-", (HEX, 40)),
            token("dp.pt.", (ALNUM, 43)),
            token("dp.st.prod_eu.", (ALNUM, 43)),
            *prefixed("dp.ct.", "dp.sa.", "dp.scim.", "dp.audit.", alphabet=ALNUM, length=43),
            token("nfp_", (ALNUM, 36)),
            token("fo1_", (URLSAFE, 43)),
            token("LTAI", (ALNUM, 20)),
        ),
        (
            token("pul-", (HEX, 39)),
            token("dp.pt.", (ALNUM, 39)),
            token("nfp_", (ALNUM, 35)),
            token("fo1_", (ALNUM, 42)),
            token("LTAI", (ALNUM, 15)),
        ),
    ),
    "build-token": Sort(
        "KEY",
        (
            token("AKCp", (ALNUM, 69)),
            token("cmVmdGtuOj", (ALNUM, 54)),
            *prefixed("sqp_", "squ_", "sqa_", alphabet=HEX, length=40),
            token("CCIPAT_", (ALNUM, 22), "_", (HEX, 40)),
            token("CCIPRJ_", (ALNUM, 22), "_", (HEX, 40)),
            token("tskey-auth-", (ALNUM, 11), "CNTRL-", (ALNUM, 32)),
        ),
        (
            token("AKCp", (ALNUM, 68)),
            token("cmVmdGtuOj", (ALNUM, 53)),
            token("sqp_", (HEX, 39)),
            token("CCIPAT_", (ALNUM, 22), "_", (HEX, 39)),
            token("tskey-auth-", (ALNUM, 11), "CNTRL-", (ALNUM, 19)),
        ),
    ),
    "age-key": Sort(
        "KEY",
        (token("AGE-SECRET-KEY-1", (BECH32, 58)),),
        (token("AGE-SECRET-KEY-1", (BECH32, 57)), token("AGE-SECRET-KEY-1", ("BIO1", 58))),
    ),
}  # fmt: skip
