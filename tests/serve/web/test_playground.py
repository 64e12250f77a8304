"""What the playground is told is what the model says when it is asked without it."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from codekiln.apps.explain import load_reference
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import load_completer
from codekiln.serve.events import Events, read_events
from codekiln.serve.web.playground import Looked, Reference
from fakes import FakeCompleter
from model_artifacts import model_artifact
from serve.web.served import asking

PLACE = {"prefix": "def add(first, second):\n    ", "language": "python", "max_tokens": 12}
API = "/playground/api"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("model")).path


@pytest.fixture(scope="module")
def client(model, tmp_path_factory):
    with asking(model, tmp_path_factory.mktemp("work")) as client:
        yield client


def test_a_suggestion_comes_with_the_run_that_made_it(client, model):
    told = client.post(f"{API}/suggest", json=PLACE).json()
    request = CompletionRequest(PLACE["prefix"], language="python", max_tokens=12, block=True)
    alone = collect(load_completer(model), request)
    chosen = told["explanation"]["chosen"]
    assert [one["token"]["id"] for one in chosen] == list(alone.token_ids)
    assert np.log([one["probability"] for one in chosen]) == pytest.approx(alone.logprobs, abs=1e-4)
    assert told["explanation"]["shown"].endswith(told["text"])


def test_the_trees_answer_is_the_searchs(client, model):
    tree = client.post(f"{API}/beams", json={**PLACE, "width": 3}).json()["tree"]
    request = CompletionRequest(
        PLACE["prefix"], language="python", max_tokens=12, block=True, beams=3
    )
    assert tree["text"] == collect(load_completer(model), request).text
    assert tree["nodes"][tree["leaf"]]["fate"] == "answer"


def test_attention_is_the_reference_engines(client, model):
    facts = client.post(f"{API}/suggest", json=PLACE).json()["explanation"]
    ids = [token["id"] for token in facts["prompt"]]
    ids += [one["token"]["id"] for one in facts["chosen"]]
    first = len(facts["prompt"])
    shape = client.get(f"{API}/model").json()["attention"]
    assert (shape["layers"], shape["heads"]) == (2, 4)
    wanted = load_reference(model).attention(ids, 1)
    for head in range(4):
        body = {"ids": ids, "first": first, "layer": 1, "head": head}
        rows = client.post(f"{API}/attention", json=body).json()["rows"]
        assert len(rows) == len(facts["chosen"])
        for place, row in enumerate(rows, start=first - 1):
            np.testing.assert_allclose(row, wanted[head, place, : place + 1], atol=1e-4)


class Looking:
    """An engine that looks for as long as it is let, and counts how many do at once."""

    context, vocabulary, layers, heads = 10, 10, 1, 1

    def __init__(self):
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self.asked = self.inside = self.most = 0

    def attention(self, ids, layer):
        self.asked, self.inside = self.asked + 1, self.inside + 1
        self.most = max(self.most, self.inside)
        self.begun.set()
        assert self.goes_on.wait(20)
        self.inside -= 1
        return np.ones((1, len(ids), len(ids)), np.float32)


def test_one_looks_at_attention_at_a_time_and_nobody_who_is_gone():
    engine, answers = Looking(), []
    reference, body = Reference(Path("none"), engine), Looked(ids=[1, 2], first=1, layer=0)
    leaves, stays = threading.Event(), threading.Event()

    def asking(cancelled):
        return threading.Thread(target=lambda: answers.append(reference.looked(body, cancelled)))

    first, gone, *others = map(asking, [stays, leaves, stays, stays])
    first.start()
    assert engine.begun.wait(20)
    gone.start()
    leaves.set()
    gone.join(20)
    assert answers == [()]
    for thread in others:
        thread.start()
    engine.goes_on.set()
    for thread in (first, *others):
        thread.join(20)
    assert (engine.asked, engine.most) == (3, 1)
    assert answers[1:] == [((1.0,),)] * 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("suggest", {}),
        ("suggest", {**PLACE, "max_tokens": 65}),
        ("suggest", {**PLACE, "language": "klingon"}),
        ("suggest", {**PLACE, "prefix": "x = '\ud800"}),
        ("suggest", {**PLACE, "suffix": "\n" * 9000 + "\ud800"}),
        ("beams", {**PLACE, "width": 9}),
        ("attention", {"ids": [1, 2], "first": 1, "layer": 2}),
        ("attention", {"ids": [1, 2], "first": 1, "layer": 1, "head": 4}),
        ("attention", {"ids": [1, 10**6], "first": 1, "layer": 0}),
        ("attention", {"ids": [], "first": 1, "layer": 0}),
        ("fate", {"id": "1", "kind": "eaten"}),
    ],
)
def test_what_is_out_of_bounds_is_refused(client, path, body):
    answer = client.post(f"{API}/{path}", content=json.dumps(body))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("suggest", {**PLACE, "max_tokens": 1}),
        ("suggest", {**PLACE, "language": ""}),
        ("beams", {**PLACE, "width": 2, "max_tokens": 2}),
        ("attention", {"ids": [1, 2], "first": 1, "layer": 1, "head": 3}),
        ("fate", {"id": "1", "kind": "accepted"}),
    ],
)
def test_within_them_it_is_not(client, path, body):
    assert client.post(f"{API}/{path}", content=json.dumps(body)).status_code == 200


def test_what_became_of_a_suggestion_is_kept(model, tmp_path):
    with asking(
        model, tmp_path, completer=FakeCompleter(["pass"]), events=Events(tmp_path)
    ) as client:
        told = client.post(f"{API}/suggest", json=PLACE).json()
        client.post(f"{API}/fate", json={"id": told["id"], "kind": "accepted"})
        client.post(f"{API}/beams", json=PLACE)
    assert [event.kind for event in read_events(tmp_path)] == ["suggested", "accepted"]


def test_a_servers_model_shows_no_working(model, tmp_path):
    with asking(model, tmp_path, completer=FakeCompleter(["return 1"])) as client:
        assert client.get(f"{API}/model").json()["working"] is None
        told = client.post(f"{API}/suggest", json=PLACE).json()
        assert (told["text"], told["explanation"]) == ("return 1", None)
        assert client.post(f"{API}/beams", json=PLACE).json() == {"tree": None}
        assert (
            client.post(f"{API}/attention", json={"ids": [1], "first": 1, "layer": 0}).status_code
            == 400
        )


def test_without_torch_the_rest_works_and_the_line_that_installs_it_is_told(
    model, tmp_path, monkeypatch
):
    with asking(model, tmp_path) as client:
        monkeypatch.setattr("codekiln.serve.web.playground.find_spec", lambda _: None)
        missing = client.get(f"{API}/model").json()["attention"]["missing"]
        assert "pip install 'codekiln[train]'" in missing
        assert client.post(f"{API}/suggest", json=PLACE).json()["explanation"]["chosen"]
