"""The pages as somebody uses them: type, see ghost text, accept, look inside; by mouse and by keyboard."""

import dataclasses
import inspect
import json
import re
import shlex
import textwrap
from pathlib import Path

import pytest

from codekiln.apps.explain import Recorder, beam_tree, explained, told
from codekiln.apps.explain.facts import Explanation, Passage
from codekiln.apps.suggest import suggest
from codekiln.generate import CompletionRequest
from codekiln.generate.loading import load_completer
from codekiln.serve.web.page import write_explain_page
from fakes import build_corpus
from serve.http.running import running
from serve.web.browser import needed, opened
from serve.web.served import app_of

pytestmark = [needed, pytest.mark.slow]
STARTER = Path("starter")
HOSTILE = "</script><img src=x onerror=alert(1)>"
PAGES = ("/", "/playground/runs", "/playground/corpus")
FIRST = "def fib(n):\n    "


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown")
    broken = f"# {HOSTILE}\n" + "quagga = (\n" * 9
    code = {"a.py": inspect.getsource(textwrap), "b.py": inspect.getsource(shlex), "c.py": broken}
    corpus = build_corpus(folder, code)
    run = corpus.path.parents[1] / "model" / "small-1.partial"
    run.mkdir(parents=True)
    plain = {"gradient_norm": 1.0, "rate_scale": 1.0}
    rows = [
        plain | {"step": n, "loss": 5 - n / 9, "tokens": 100 * n, "seconds": n}
        for n in range(1, 30)
    ]
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sample = {"step": 9, "prompt": HOSTILE, "text": HOSTILE}
    (run / "samples.jsonl").write_text(json.dumps(sample) + "\n")
    with running(app_of(STARTER, corpus.path.parents[1])) as address:
        yield address


@pytest.fixture
def page(address):
    with opened(viewport={"width": 1280, "height": 900}, locale="en-US") as page:
        page.goto(address)
        page.locator(".cm-ghost").wait_for()
        yield page


def text_of(page):
    """The editor's text without the suggestion."""
    lines = page.locator(".cm-line").evaluate_all(
        """lines => lines.map(line => {
            const copy = line.cloneNode(true);
            copy.querySelectorAll(".cm-ghost").forEach(ghost => ghost.remove());
            return copy.textContent;
        })"""
    )
    return "\n".join(lines)


def write(page, text):
    """Replace what stands in the editor."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def ghost(page):
    return page.locator(".cm-ghost").text_content()


def test_what_is_typed_gets_ghost_text_and_tab_accepts_it(page):
    with page.expect_request("**/suggest") as asked:
        write(page, "import os\n\n\ndef size_of(path):\n    return os.")
    assert asked.value.post_data_json["prefix"].endswith("return os.")
    page.locator("#status", has_text="Suggestion: ").wait_for()
    suggested = ghost(page)
    assert suggested
    assert suggested not in text_of(page)
    page.keyboard.press("Tab")
    page.locator("#status", has_text="Accepted.").or_(
        page.locator("#status", has_text="writing")
    ).wait_for()
    assert text_of(page) == "import os\n\n\ndef size_of(path):\n    return os." + suggested


def test_a_word_is_accepted_and_who_types_along_keeps_the_rest(page):
    suggested = ghost(page)
    page.keyboard.press("Control+ArrowRight")
    taken = text_of(page).removeprefix(FIRST)
    assert re.fullmatch(r"\w+|[^\w\s]+", taken)
    assert taken + ghost(page) == suggested
    following = ghost(page)[0]
    page.keyboard.insert_text(following)
    assert taken + following + ghost(page) == suggested
    page.keyboard.insert_text("§")
    page.locator(".cm-ghost").wait_for(state="detached")


def test_escape_dismisses_and_asking_brings_it_back(page):
    suggested = ghost(page)
    page.keyboard.press("Escape")
    page.locator(".cm-ghost").wait_for(state="detached")
    assert text_of(page) == FIRST
    page.keyboard.press("Alt+\\")
    page.locator(".cm-ghost").wait_for()
    assert ghost(page) == suggested


def test_what_was_asked_for_another_text_is_not_suggested(page):
    suggested = ghost(page)
    page.route("**/suggest", lambda route: None)  # never answered
    with page.expect_request("**/suggest"):
        page.keyboard.press("Alt+\\")
    with page.expect_event("requestfailed"):
        page.keyboard.press("Control+ArrowRight")
    taken = text_of(page).removeprefix(FIRST)
    assert taken + ghost(page) == suggested
    with page.expect_request("**/suggest"):
        page.keyboard.press("Alt+\\")
    page.locator("#status", has_text="writing").wait_for()
    with page.expect_event("requestfailed"):
        page.keyboard.insert_text(ghost(page)[0])
    page.locator("#status", has_text=f"Suggestion: {ghost(page).strip()}").wait_for()


def test_of_a_suggestion_is_told_once_what_became_of_it(page):
    told = []
    page.on(
        "request",
        lambda request: (
            told.append(request.post_data_json["kind"]) if "/fate" in request.url else None
        ),
    )
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Escape")
    page.locator(".cm-ghost").wait_for(state="detached")
    page.keyboard.press("Alt+\\")
    page.locator(".cm-ghost").wait_for()
    page.keyboard.insert_text(ghost(page)[0])  # along
    with page.expect_request("**/fate"):
        page.keyboard.insert_text("§")
    assert told == ["accepted", "dismissed"]


def test_the_status_is_of_what_stands_there_now(page):
    status = page.locator("#status")
    assert status.text_content().startswith("Suggestion: ")
    page.get_by_role("button", name="中文").click()
    assert status.text_content().startswith("建议：")
    page.get_by_role("button", name="English").click()
    page.locator(".cm-content").focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".cm-ghost").wait_for(state="detached")
    assert status.text_content() == ""
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.locator("#status", has_text="No suggestion.").wait_for()
    with page.expect_request("**/suggest") as asked:
        page.keyboard.press("Alt+\\")
    assert asked.value.post_data_json["prefix"] == ""
    with page.expect_request(lambda request: (request.post_data_json or {}).get("prefix") == "\n"):
        page.keyboard.insert_text("\nprint(fib(3))\n")
        page.keyboard.press("Control+Home")
        page.keyboard.insert_text("\n")


def test_what_a_view_waits_for_is_given_up_by_who_goes_on(page):
    page.route("**/beams", lambda route: None)  # never answered
    with page.expect_request("**/beams"):
        page.locator("#tab-beams").click()
    with page.expect_event("requestfailed"):
        page.locator("#tab-time").click()
    with page.expect_request("**/beams"):
        page.locator("#tab-beams").click()
    page.route("**/suggest", lambda route: None)
    page.locator(".cm-content").focus()
    with page.expect_request("**/suggest"), page.expect_event("requestfailed"):
        page.keyboard.insert_text("§")
    page.locator("#view", has_text="Given up").wait_for()
    page.unroute("**/beams")
    page.locator("#tab-beams").click()
    page.locator(".trellis .node").first.wait_for()


def test_a_head_is_asked_for_once_whatever_is_hovered_over(page):
    asked = []
    page.route("**/attention", lambda route: asked.append(route))
    with page.expect_request("**/attention"):
        page.locator("#tab-attention").click()
    tokens = page.locator("#glass > .tokens > *")
    for place in range(3):
        tokens.nth(place).hover()
    page.locator("#view", has_text="Searching").wait_for()
    assert len(asked) == 1
    asked[0].continue_()
    page.locator(".looked .token").first.wait_for()
    assert page.locator("#view .lead .token").text_content() == tokens.nth(2).text_content()
    page.locator("#tab-time").click()
    page.locator("#tab-attention").click()
    page.locator(".looked .token").first.wait_for()
    assert len(asked) == 1


def test_an_answer_leaves_the_focus_where_it_is(page):
    held = []
    page.route("**/suggest", lambda route: held.append(route))
    for place, role in ((".tokens [aria-selected=true]", "option"), ("#tab-beams", "tab")):
        page.locator(".cm-content").focus()
        with page.expect_request("**/suggest"):
            page.keyboard.press("Alt+\\")
        page.locator(f"#glass {place}").focus()
        held.pop().continue_()
        page.locator("#status", has_text="Suggestion: ").wait_for()
        assert page.evaluate("document.activeElement.getAttribute('role')") == role


def test_the_beams_are_gone_through_by_keys(page):
    page.locator("#tab-beams").click()
    first = page.locator(".trellis .node[tabindex='0']")
    first.focus()
    figures = page.locator(".tree + .note")
    seen = []
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Home"):
        page.keyboard.press(key)
        focused = page.locator(".trellis .node:focus")
        assert focused.get_attribute("aria-selected") == "true"
        assert page.locator(".trellis [aria-selected=true]").count() == 1
        assert figures.text_content() == focused.get_attribute("aria-label")
        assert re.search(r"\d %, log-probability", figures.text_content())
        seen.append(focused.evaluate("node => [node.offsetLeft, node.offsetTop]"))
    (x, y), (_, lower), (further, _), home = seen
    assert (lower > y, further > x, home) == (True, True, [0, 0])


def test_hovering_over_a_token_tells_of_it(page):
    tokens = page.locator("#glass [role=option]")
    assert tokens.count() >= 3
    told_of = page.locator("#view .lead .token")
    seen = []
    for place in range(3):
        tokens.nth(place).hover()
        assert tokens.nth(place).get_attribute("aria-selected") == "true"
        assert page.locator("#glass [aria-selected=true][role=option]").count() == 1
        seen.append(told_of.text_content())
    assert seen == tokens.all_text_contents()[:3]
    shares = page.locator("table.alternatives tbody tr td:nth-child(4) .figure").all_text_contents()
    assert len(shares) == 8
    assert sum(float(re.sub(r"[^\d.]", "", share)) for share in shares) <= 101


def test_every_view_shows_something(page):
    for view, sign in (
        ("beams", ".trellis .node"),
        ("attention", ".looked .token"),
        ("provenance", "#view pre"),
        ("time", ".parts tr"),
        ("prompt", ".prompt .control"),
        ("probabilities", "table.alternatives"),
    ):
        page.locator(f"#tab-{view}").click()
        page.locator(sign).first.wait_for()
    page.locator("#tab-attention").click()
    page.locator("#layer").select_option("0")
    page.locator(".looked .token").first.wait_for()
    page.locator("#head").select_option("5")
    page.locator(".looked .token").first.wait_for()
    weights = page.locator(".looked .token").evaluate_all("all => all.map(one => one.title)")
    total = sum(float(re.sub(r"[^\d.]", "", weight)) for weight in weights)
    assert total == pytest.approx(100, abs=len(weights) / 2)


def test_keys_alone_reach_everything(page):
    page.keyboard.press("Escape")  # the suggestion
    page.keyboard.press("Escape")  # and then Tab leaves the editor
    page.keyboard.press("Tab")
    active = "document.activeElement"
    assert page.evaluate(f"{active}.getAttribute('role')") == "option"
    place = page.evaluate(f"[...{active}.parentNode.children].indexOf({active})")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"[...{active}.parentNode.children].indexOf({active})") == place + 1
    assert page.evaluate(f"{active}.getAttribute('aria-selected')") == "true"
    page.keyboard.press("Home")
    assert page.evaluate(f"[...{active}.parentNode.children].indexOf({active})") == 0
    page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.id") == "tab-probabilities"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{active}.id") == "tab-beams"
    page.locator(".trellis .node").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.id") == "view"


def test_language_and_theme_are_switched_and_stay(page, address):
    page.get_by_role("button", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.locator("#glass-title").text_content() == "它是怎样得出的"
    assert page.locator("#tab-beams").text_content() == "束搜索"
    page.get_by_role("button", name="深色").click()
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(21, 24, 28)"
    page.goto(address + "/playground/corpus")
    page.locator("h1", has_text="语料").wait_for()
    assert page.evaluate(background) == "rgb(21, 24, 28)"
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Light").click()
    assert page.locator("h1").text_content() == "Corpus"
    assert page.evaluate(background) == "rgb(253, 253, 251)"


def test_the_chosen_language_of_code_is_asked_for(page):
    with page.expect_request("**/suggest") as asked:
        page.locator("#code select").select_option("go")
    assert asked.value.post_data_json["language"] == "go"


def test_hostile_text_stays_text(page):
    with page.expect_response("**/suggest"):
        write(page, f"x = '{HOSTILE}'\ny = '{HOSTILE}'\ndef z(")
    page.locator("#tab-prompt").click()
    page.locator(".prompt", has_text="script").wait_for()
    for view in ("provenance", "probabilities", "beams", "attention"):
        page.locator(f"#tab-{view}").click()
    page.locator(".looked", has_text="onerror").wait_for()
    assert page.locator("img:not(.cm-widgetBuffer), iframe, object").count() == 0
    assert page.locator("script").count() == 1


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1280, 800])
def test_a_page_is_no_wider_than_its_window(address, path, width):
    with opened(viewport={"width": width, "height": 900}) as page:
        page.goto(address + path, wait_until="networkidle")
        assert page.locator("main > *").count() >= 2
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_runs_are_drawn_and_their_samples_are_text(address):
    with opened(locale="en-US") as page:
        page.goto(address + "/playground/runs")
        page.locator("figure svg polyline").first.wait_for()
        label = page.locator("figure svg").first.get_attribute("aria-label")
        assert label.startswith("Training loss: small-1 from 4.889 to ")
        assert HOSTILE in page.locator("details").text_content()
        assert page.locator("img").count() == 0
        page.locator("fieldset input").uncheck()
        page.locator("figure").wait_for(state="detached")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_a_title_of_its_own_in_both_languages(address, path):
    with opened(locale="en-US") as page:
        page.goto(address + path, wait_until="networkidle")
        english = page.title()
        assert english == page.locator("nav [aria-current]").text_content() + " – codekiln"
        page.get_by_role("button", name="中文").click()
        assert page.title() == page.locator("nav [aria-current]").text_content() + " – codekiln"
        assert page.title() != english


def test_a_run_that_cannot_be_read_hides_no_other(address):
    with opened(refused=True, locale="en-US") as page:
        names = {"runs": ["begun-1.partial", "small-1.partial"]}
        page.route("**/api/runs", lambda route: route.fulfill(json=names))
        page.goto(address + "/playground/runs")
        page.locator("figure svg polyline").first.wait_for()
        page.locator("#status", has_text="There is no training 'begun-1.partial'").wait_for()
        page.locator("fieldset input").last.uncheck()
        page.locator("figure").first.wait_for(state="detached")
        page.get_by_role("button", name="中文").click()
        page.locator("#status", has_text="操作失败").wait_for()
        page.locator("fieldset input").first.uncheck()
        page.locator("#status", has_text="操作失败").wait_for(state="detached")


@pytest.mark.parametrize("name", ["runs", "corpora"])
def test_a_list_that_cannot_be_read_is_told_of(address, name):
    with opened(refused=True, locale="en-US") as page:
        wrong = {"error": {"message": "the disk is gone"}}
        page.route(f"**/api/{name}", lambda route: route.fulfill(status=500, json=wrong))
        page.goto(address + f"/playground/{name.replace('corpora', 'corpus')}")
        page.locator("#status", has_text="That did not work: the disk is gone").wait_for()
        assert page.locator("h1").count() == 1
        assert "codekiln" not in page.locator("main").text_content()


def test_the_corpus_is_counted_and_what_was_left_out_is_found(address):
    with opened(locale="en-US") as page:
        page.goto(address + "/playground/corpus")
        page.locator("table.funnel").wait_for()
        assert "python" in page.locator("table.funnel").text_content()
        page.locator("#words").fill("quagga")
        page.keyboard.press("Enter")
        page.locator("#found summary").click()
        assert HOSTILE in page.locator("#found pre").text_content()
        assert page.locator("img").count() == 0
        page.locator("#words").fill("okapi")
        page.keyboard.press("Enter")
        page.locator("#found", has_text="No file that was left out has this.").wait_for()


def test_the_newest_search_is_shown_and_says_whether_it_saw_all(address):
    with opened(locale="zh-CN") as page:
        page.route("**/rejected?words=slow*", lambda route: None)  # never answered
        page.goto(address + "/playground/corpus")
        page.locator("#words").fill("slow")
        with page.expect_request("**/rejected?*"):
            page.keyboard.press("Enter")
        page.locator("#words").fill("quagga")
        with page.expect_event("requestfailed"):
            page.keyboard.press("Enter")
        assert page.locator("#found .licence").text_content() == "语法错误"
        some = {"count": 7, "complete": False, "files": []}
        page.route("**/rejected?words=long*", lambda route: route.fulfill(json=some))
        page.locator("#words").fill("long")
        page.keyboard.press("Enter")
        page.locator("#found", has_text="查找超时").wait_for()
        page.get_by_role("button", name="English").click()
        page.locator("#found", has_text="7 files so far; the search ran out of time").wait_for()


def test_languages_beyond_the_first_twenty_are_summed_up(address):
    def more(route):
        answer = route.fetch().json()
        answer["funnel"] = {f"l{n}": {"kept": 100 + n, "binary": 1} for n in range(23)}
        route.fulfill(json=answer)

    with opened(locale="en-US") as page:
        page.route(re.compile(r"/api/corpora/[^/]+$"), more)
        page.goto(address + "/playground/corpus")
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        rows = page.locator("table.funnel tbody tr")
        rows.first.wait_for()
        assert rows.count() == 21
        cells = rows.last.locator("th, td").all_text_contents()
        assert (cells[0], cells[2:4]) == ("further languages (3)", ["306", "303"])
        assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_passages_are_marked_by_characters_not_by_their_halves(tmp_path):
    shown = "    s = '🎉🎉'; import os; import re"
    start = shown.index("import os")
    passage = Passage("import os", start, start + 9, 2, False, ())
    facts = Explanation(
        *("", "", "python", "", (), 0, (), 0, shown, "    ", shown),
        *("verified", "whole", "end", (passage,), ()),
    )
    model = {"name": "small", "engine": "numpy", "vocabulary": 9}
    page_of = {"model": model, "explanation": dataclasses.asdict(facts)}
    write_explain_page(
        page_of | {"beams": None, "attention": {"missing": "torch"}}, tmp_path / "out.html"
    )
    with opened(locale="en-US") as page:
        page.goto((tmp_path / "out.html").as_uri())
        (marked,) = page.locator("pre[aria-label='Where it was learned'] mark").all_text_contents()
        assert marked == "import os1"


def test_the_explain_page_stands_alone(tmp_path):
    completer = load_completer(STARTER)
    recorder = Recorder(completer.tokenizer)
    request = CompletionRequest(f"x = '{HOSTILE}'\n{FIRST}", language="python", max_tokens=12)
    found = suggest(completer, dataclasses.replace(request, witness=recorder))
    tree = beam_tree(completer, completer.tokenizer, request, 3)
    facts = told("starter", completer.engine, STARTER, explained(recorder, request, found), tree)
    tokens = len(facts["explanation"]["chosen"])
    write_explain_page(facts, tmp_path / "out.html")
    with opened(locale="en-US", viewport={"width": 800, "height": 900}) as page:
        page.goto((tmp_path / "out.html").as_uri())
        assert page.locator("h2").count() == 6
        assert HOSTILE in page.locator("#step1 pre").text_content()
        assert page.locator("img").count() == 0
        assert page.locator("#answer [role=option]").count() == tokens
        page.locator("#answer [role=option][aria-selected=true]").focus()
        page.keyboard.press("End")
        assert page.locator("#answer [role=option]").last.get_attribute("aria-selected") == "true"
        assert (
            page.locator(".looked .token").count()
            == len(facts["explanation"]["prompt"]) + tokens - 1
        )
        page.get_by_role("button", name="中文").click()
        assert page.locator("h1").text_content() == "模型怎样写出这段文本"
        assert page.evaluate("document.documentElement.scrollWidth") <= 800
