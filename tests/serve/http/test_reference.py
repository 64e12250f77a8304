import base64
import hashlib
import html.parser
import re

from codekiln.serve.http.reference import rendered
from serve.http.asking import asking


class Read(html.parser.HTMLParser):
    """What a browser would fetch or run, and whether tags are closed."""

    def __init__(self):
        super().__init__()
        self.fetched, self.scripts, self.text = [], 0, []

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attributes)
        self.fetched += [
            value for name, value in attributes if name in ("src", "href") and tag != "a"
        ]

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    reader = Read()
    reader.feed(page)
    return reader


def test_it_lists_every_route_and_asks_nobody():
    with asking() as (client, _):
        schema = client.get("/openapi.json").json()
        reply = client.get("/docs")
    found = read(reply.text)
    text = " ".join(found.text)
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in text
    assert "input_prefix" in text
    assert "list of Extra" in text
    assert (found.fetched, found.scripts) == ([], 0)


def test_its_style_is_the_one_that_is_allowed():
    with asking() as (client, _):
        reply = client.get("/docs")
    style = re.search("<style>(.*?)</style>", reply.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in reply.headers["content-security-policy"]


def test_every_text_is_escaped():
    evil = "<script>alert(1)</script>"
    route = {"tags": [evil], "description": evil, "requestBody": {}}
    schema = {
        "info": {"title": evil, "version": evil},
        "paths": {f"/{evil}": {"get": route}},
        "components": {"schemas": {}},
    }
    page = rendered(schema)
    assert read(page).scripts == 0
    assert page.count("&lt;script&gt;") == 7  # title and version stand twice
