"""The pages ask nobody else, run nothing that stands in a text, speak both languages and can be read."""

import ast
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from codekiln import corpus
from codekiln.corpus.collect.worker import QUARANTINE
from codekiln.corpus.licences.licence import Found
from codekiln.corpus.select.survivors import Verdict
from codekiln.serve.web.page import explain_page, write_explain_page
from codekiln.serve.web.static_files import content, names
from fakes import FakeCompleter
from model_artifacts import model_artifact
from pages import Page
from serve.web.served import asking

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
PAGES = ("/", "/playground/runs", "/playground/corpus")
HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>\u2028 {{style}} & \ud800"
PAIRS = [  # text on what it stands
    *((text, "paper") for text in ("ink", "muted", "accent", "second", "third", "warn")),
    *((text, "card") for text in ("ink", "muted", "accent", "second", "third", "warn")),
    *((f"t{n}", f"h{n}") for n in range(8)),
    *((text, "paper") for text in ("keyword", "literal", "comment", "name", "ghost")),
    ("on-accent", "accent"),
]  # fmt: skip
LINES = [f"run-{n}" for n in range(8)]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    model = model_artifact(tmp_path_factory.mktemp("model")).path
    with asking(
        model, tmp_path_factory.mktemp("work"), completer=FakeCompleter(["pass"])
    ) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_of_files_of_this_server_alone(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    page = Page(answer.text)
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    for link in page.links:
        assert link.startswith(("/", "data:,")), link
        if link.startswith("/"):
            assert client.get(link).status_code == 200, link


def test_every_file_is_served_as_what_it_is_and_nothing_else_is(client):
    kinds = {"js": "text/javascript", "css": "text/css", "html": "text/html", "txt": "text/plain"}
    for name in names():
        answer = client.get(f"/playground/static/{name}")
        assert answer.content == content(name)
        assert answer.headers["content-type"].startswith(kinds[name.rpartition(".")[2]])
    for other in ("nothing.js", "..%2fpage.py", "%2e%2e/page.py"):
        assert client.get(f"/playground/static/{other}").status_code == 404


def test_no_script_names_another_place():
    for name in names():
        text = content(name).decode()
        if name.endswith((".js", ".css", ".html")):
            found = set(re.findall(r"https?://[^\s\"'`)]+", text))
            assert found <= {"http://www.w3.org/2000/svg"} | set(
                re.findall(r"https?://www\.w3\.org/[\w/]+", text)
            ), name


def facts(text):
    return {"model": {"name": text}, "explanation": {"prefix": text, "chosen": []}, "beams": None}


class Scripts(HTMLParser):
    """What stands in the scripts of a page, and its tags."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.scripts, self.inside = [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append([dict(attributes), ""])
            self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1][1] += data


def test_text_in_the_explain_page_stays_text():
    page = Scripts(explain_page(facts(HOSTILE)))
    assert page.tags == Scripts(explain_page(facts(""))).tags
    assert "img" not in page.tags
    (kind, data), (_, script) = page.scripts
    assert kind["type"] == "application/json"
    assert json.loads(data)["explanation"]["prefix"] == HOSTILE
    assert script == content("explain.js").decode()


def test_the_explain_page_is_one_file(tmp_path):
    write_explain_page(facts(HOSTILE), tmp_path / "out.html")
    html = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    assert not re.search(r"<(?:link|img|iframe)|src=|@import|url\(", html.replace("src=x", ""))


def messages():
    """What the pages say, in English and in Chinese."""
    text = (WEB / "src" / "messages.js").read_text(encoding="utf-8")
    return [
        dict(re.findall(r'^  "?([\w -]+?)"?:\s+"((?:[^"\\]|\\.)*)",$', part, re.MULTILINE))
        for part in text.split("const zh = {")
    ]


def test_both_languages_say_everything():
    english, chinese = messages()
    assert len(english) > 120
    assert english.keys() == chinese.keys()
    for key, message in english.items():
        assert set(re.findall(r"\{\w+\}", message)) == set(re.findall(r"\{\w+\}", chinese[key])), (
            key
        )
        assert chinese[key] == message or re.search(r"[\u4e00-\u9fff]|^，$", chinese[key]), key


# At which place a call of these has the reason for which a file is left out.
REASON = {
    "reject": 0,
    "Refused": 0,
    "_by_name": 0,
    "UnreadableError": 0,
    "_defective": 1,
    "File": 3,
}
NO_REASONS = {"dist-packages", "files", "give"}  # what else a function of the sources returns


def corpus_reasons():
    """Why the code that builds a corpus may leave a file out, read from it."""
    found = {verdict.reason for verdict in Verdict if verdict != Verdict.KEPT} | {QUARANTINE}
    for file in Path(corpus.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REASON:
                place = REASON[node.func.id]
                found |= words(*node.args[place : place + 1])
            elif isinstance(node, ast.Return | ast.Assign) and "sources" in file.parts:
                found |= words(node.value)
    return {word for word in found if re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", word)} - NO_REASONS


def words(node=None):
    """The texts that an expression may be; of a pair, as of a path and its defect, the second."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return words(one) | words(other)
        case ast.BoolOp(values=several):
            return set().union(*map(words, several))
        case ast.Tuple(elts=[_, second]):
            return words(second)
    return set()


def test_the_page_of_the_corpus_names_every_reason_and_source_in_both_languages():
    reasons = corpus_reasons()
    assert {"binary", "syntax-error", "licence-unknown", "unsafe-path", "bad-row"} <= reasons
    wanted = {f"left-{reason}" for reason in reasons}
    wanted |= {f"found-{found}" for found in get_args(Found)}
    for said in messages():
        assert wanted == {key for key in said if key.startswith(("left-", "found-"))}


def test_every_message_that_is_asked_for_is_there():
    text = (WEB / "src" / "messages.js").read_text(encoding="utf-8")
    known = set(re.findall(r'^  "?([\w -]+?)"?:', text, re.MULTILINE))
    used = set()
    for file in [*WEB.glob("src/**/*.js"), *WEB.glob("pages/*.html")]:
        used |= set(
            re.findall(
                r'\bt\("([\w -]+)"|data-(?:t|label)="([\w-]+)"', file.read_text(encoding="utf-8")
            )
        )
    keys = {one or other for one, other in used}
    assert len(keys) > 60
    assert keys <= known


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(theme):
    colours = palette(theme)
    for text, under in PAIRS:
        assert contrast(colours[text], colours[under]) >= 4.5, (text, under)
    for line in LINES:
        assert contrast(colours[line], colours["paper"]) >= 3, line


def palette(theme):
    style = (WEB / "src" / "style.css").read_text(encoding="utf-8")
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    assert len(found) > 35
    return {name: dark if theme == "dark" else light for name, light, dark in found}


def contrast(one, other):
    """WCAG 2.2, contrast ratio; 21 for black on white."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    """WCAG 2.2, relative luminance of #rrggbb."""
    shares = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_measure_of_contrast_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.skipif(
    not (WEB / "node_modules").exists() or not shutil.which("node"),
    reason="THE BUNDLE IS NOT COMPARED WITH ITS SOURCES: run 'npm ci' in web/ (.ci/run does)",
)
def test_the_bundle_is_that_of_its_sources(tmp_path):
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=WEB, check=True)
    assert {path.name for path in tmp_path.iterdir()} == names()
    for path in tmp_path.iterdir():
        assert path.read_bytes() == content(path.name), path.name


def test_the_lockfile_names_no_registry():
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in one and one["integrity"] for one in packages.values())
    assert "://" not in json.dumps(
        [one for one in packages.values() if one.pop("funding", None) is None]
    )


def test_every_bundled_package_has_its_licence():
    text = content("licences.txt").decode()
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    wanted = {
        name.removeprefix("node_modules/")
        for name, one in lock["packages"].items()
        if name and not one.get("dev")
    }
    told = set(re.findall(r"^(\S+) [\d.]+, MIT$", text, re.MULTILINE))
    assert told <= wanted
    assert {"@codemirror/view", "@codemirror/state", "@lezer/common", "style-mod"} <= told
    assert text.count("Permission is hereby granted") == len(told)
