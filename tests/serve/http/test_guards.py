import hashlib

import pytest

from codekiln.serve.http import Settings
from serve.http.asking import ADDRESS, SAID, asking

BODY = {"input_prefix": "x = ", "prompt": ""}
TOKEN = "a-token-of-some-length"
ABROAD = Settings(host="0.0.0.0", token=TOKEN, names=("workshop",))


@pytest.mark.parametrize("host", ["127.0.0.1:8012", "localhost:8012", "localhost", "[::1]:8012"])
def test_names_of_this_machine_are_answered(host):
    with asking() as (client, _):
        assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",  # which its owner has made lead to 127.0.0.1
        "localhost.evil.example",
        "127.0.0.1.evil.example:8012",
        "192.168.1.7:8012",
        "localhost:8012@evil.example",
        "workshop",
        "",
        "[",
        "evil.example\t",
    ],
)
def test_other_names_are_not(host):
    with asking() as (client, completer):
        reply = client.post("/infill", json=BODY, headers={"Host": host})
    assert reply.status_code == 403
    assert reply.json()["error"]["type"] == "permission_error"
    assert completer.requests == []


@pytest.mark.parametrize("origin", [ADDRESS, "http://localhost:8012"])
def test_its_own_pages_may_ask(origin):
    with asking(address=origin) as (client, _):
        assert client.post("/infill", json=BODY, headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:3000",  # another program's page
        "http://127.0.0.1:8012.evil.example",
        "null",
        "",
        "file://",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_pages_of_others_may_not(origin, method):
    with asking() as (client, completer):
        reply = client.request(method, "/infill", json=BODY, headers={"Origin": origin})
    assert reply.status_code == 403
    assert "access-control-allow-origin" not in reply.headers
    assert completer.requests == []


ROUTES = [
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/health"),
    ("GET", "/props"),
    ("GET", "/nothing"),
    ("POST", "/infill"),
    ("POST", "/v1/completions"),
    ("POST", "/v1/events"),
    ("POST", "/tokenize"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer é".encode("latin-1")},
        {"Cookie": "codekiln-token=wrong"},
    ],
)
def test_where_others_can_come_every_route_asks_for_the_token(method, path, headers):
    with asking(settings=ABROAD) as (client, completer):
        reply = client.request(method, path, json=BODY, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert "token" in reply.text
    assert TOKEN not in reply.text
    assert completer.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN} "},
        {"Cookie": f"theme=dark; codekiln-token={hashlib.sha256(TOKEN.encode()).hexdigest()}"},
    ],
)
def test_the_token_lets_in(headers):
    with asking(settings=ABROAD) as (client, _):
        reply = client.post("/infill", json=BODY, headers=headers)
    assert (reply.status_code, reply.json()["content"]) == (200, SAID)


@pytest.mark.parametrize(
    "host", ["192.168.1.7:8012", "workshop:8012", "[fe80::1]:8012", "10.0.0.1"]
)
def test_with_a_token_the_machine_has_its_other_names(host):
    key = {"Authorization": f"Bearer {TOKEN}", "Host": host}
    with asking(settings=ABROAD) as (client, _):
        assert client.get("/health", headers=key).status_code == 200
        assert client.get("/health", headers={**key, "Host": "evil.example"}).status_code == 403


def test_a_browser_brings_the_token_once_in_the_address():
    with asking(settings=ABROAD) as (client, _):
        wrong = client.get("/docs?token=wrong", follow_redirects=False)
        assert wrong.status_code == 401
        reply = client.get(f"/docs?token={TOKEN}", follow_redirects=False)
        assert (reply.status_code, reply.headers["location"]) == (303, "/docs")
        away = client.get(f"{ADDRESS}//evil.example/?token={TOKEN}", follow_redirects=False)
        assert away.headers["location"] == "/evil.example/"
        cookie = reply.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/docs").status_code == 200
        post = client.post(f"/infill?token={TOKEN}", json=BODY, headers={"Cookie": ""})
        assert post.status_code == 401  # for browsers that open a page, and for nothing else


def test_a_cookie_keeps_any_token_and_does_not_tell_it():
    odd = 'two words, "quotes"; and 一个词'
    with asking(settings=Settings(host="0.0.0.0", token=odd)) as (client, _):
        reply = client.get("/docs", params={"token": odd}, follow_redirects=False)
        assert reply.status_code == 303
        assert "words" not in reply.headers["set-cookie"]
        assert client.get("/docs").status_code == 200
        client.cookies.clear()
        assert client.get("/docs", headers={"Cookie": "codekiln-token=x"}).status_code == 401


@pytest.mark.parametrize("origin", ["http://[", "null", "", "http://"])
def test_an_origin_that_is_none_is_refused(origin):
    with asking() as (client, _):
        assert client.get("/health", headers={"Origin": origin}).status_code == 403


def test_bodies_have_a_largest_size():
    small = Settings(body_bytes=100)
    with asking(settings=small) as (client, completer):
        fits = client.post("/infill", content=b'{"prompt": "x"}'.ljust(100))
        told = client.post("/infill", content=b'{"prompt": "x"}'.ljust(101))
        parts = client.post("/infill", content=iter([b" " * 60, b" " * 60]))  # no length is told
    assert fits.status_code == 200
    assert (told.status_code, parts.status_code) == (413, 413)
    assert told.json()["error"]["code"] == 413
    assert len(completer.requests) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\xff\xfe", b"[1, 2]", b'"text"', b"null", b"[" * 100_000, b'{"prompt": '],
)
def test_what_is_no_json_object_is_refused(content):
    with asking() as (client, completer):
        reply = client.post("/infill", content=content)
    assert reply.status_code == 400
    assert "cannot be read" in reply.json()["error"]["message"]
    assert completer.requests == []


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8"]
)
def test_a_body_is_json_whatever_it_calls_itself(kind):
    with asking() as (client, _):
        reply = client.post("/infill", content=b'{"prompt": "x"}', headers={"Content-Type": kind})
    assert reply.status_code == 200


@pytest.mark.parametrize("path", ["/health", "/docs", "/nothing", "/openapi.json", "/metrics"])
def test_every_answer_confines_what_a_browser_may_do_with_it(path):
    with asking() as (client, _):
        headers = client.get(path).headers
        refused = client.get(path, headers={"Host": "evil.example"}).headers
    for each in (headers, refused):
        policy = each["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert each["x-content-type-options"] == "nosniff"
        assert each["referrer-policy"] == "no-referrer"
        assert "server" not in each
