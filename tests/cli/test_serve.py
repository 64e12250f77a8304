"""`codekiln serve` and `codekiln stats`, with the model that lies in the package."""

import json
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cli import serving as program
from cli.refusals import assert_refused, assert_refused_as_json
from cli.serving import EVENT, INFILL, TABBY, serving
from codekiln.apps.places import Places
from codekiln.artifact import Stage, produce
from codekiln.serve.events import Events
from model_artifacts import model_artifact

BWRAP = ("bwrap", "--dev-bind", "/", "/", "--unshare-user", "--unshare-net", "--")


def why_no_namespace():
    """Why none can be made here; empty where one can."""
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed: nothing can be said of what a server sends"
    done = subprocess.run([*BWRAP, "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else f"no namespace of its own: {done.stderr.decode()}"


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_namespace()), reason=why_no_namespace())
def test_nothing_leaves_this_machine(tmp_path):
    """Neither of the servers nor of their children; the counters do see a look-up of a child's."""
    command = [*BWRAP, sys.executable, program.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["exit"], report["err"]) == (0, "")
    assert report["pages"] == [200] * len(program.PAGES)
    assert report["answers"][0]["content"]
    assert report["answers"][0]["codekiln"]["context"]["pieces"][0]["path"] == "shapes.py"
    assert report["answers"][1]["choices"][0]["text"]
    assert report["answers"][2]["text"]
    assert report["answers"][3]["tree"]["nodes"]
    text, *left = report["ghost"]
    assert (bool(text), left) == (True, [0, ""])
    assert set(report["left"].values()) == {0}
    assert sum(report["after_a_look_up"].values()) > 0


@pytest.fixture(scope="module", name="server")
def _server(tmp_path_factory):
    """One for all that only asks."""
    with serving("--work", tmp_path_factory.mktemp("work")) as server:
        yield server


def test_it_answers_editors(server):
    assert server.told["address"].startswith("http://127.0.0.1:")
    assert (server.told["model"], server.told["token"]) == ("starter", None)
    found = server.json("POST", "/infill", INFILL)
    assert found["content"].strip()
    assert found["timings"]["predicted_n"] > 0
    assert server.json("POST", "/v1/completions", TABBY)["choices"][0]["text"].strip()


def test_what_adapt_kept_answers_for_its_folder(tmp_path):
    """By its own name, and by that of the starter, which editors may have been given before."""
    folder, work = tmp_path / "code", tmp_path / "work"
    folder.mkdir()
    (folder / "one.py").write_text("def one():\n    return 1\n")
    model = model_artifact(tmp_path / "models").path
    facts = {"folder": str(folder.resolve()), "model": str(model), "time": 1.0}
    produce(Stage("adaptation", 2, lambda *_: facts), {}, {}, work, "code")
    with serving("--repo", folder, "--work", work) as server:
        assert server.told["model"] == model.name
        for name in (model.name, "starter"):
            body = {"model": name, "prompt": "def one", "max_tokens": 2}
            assert server.json("POST", "/v1/completions", body)["choices"]
    with serving("--repo", folder, "--work", work, "--model", "starter") as server:
        assert server.told["model"] == "starter"


def test_what_stands_before_and_behind_the_cursor_counts(server):
    def said(prefix, suffix):
        body = {"language": "python", "segments": {"prefix": prefix, "suffix": suffix}}
        return server.json("POST", "/v1/completions", body)["choices"][0]["text"]

    first = said("import json\n\n\ndef load(path):\n    with open(path) as file:\n        ", "\n")
    other = said(
        "import json\n\n\ndef dump(path, value):\n    with open(path, 'w') as file:\n        ", "\n"
    )
    behind = said("import json\n\n\ndef load(path):\n    ", "\n    return json.loads(text)\n")
    assert first.strip()
    assert len({first, other, behind}) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prompt": "x", "seed": -7}, 400),
        ({"prompt": "x", "stop": [""]}, 400),
        ({"prompt": "x", "stop": ["\ud800"]}, 200),
        ({"prompt": "x" * 100_000}, 200),
        ({"prompt": "\ud800"}, 400),
        ({"prompt": "\0"}, 200),
        ({"prompt": "x", "temperature": 1e308}, 200),
        ({"prompt": "x", "temperature": 1, "top_p": 2}, 400),
        ({"prompt": "x", "temperature": 1, "top_k": 10**30}, 200),
        ({"prompt": "x", "seed": 10**30}, 200),
        ({"input_extra": [{"filename": "\0/\ud800", "text": "x"}]}, 400),
        ({"input_extra": [{"filename": "../../etc/passwd", "text": "x"}]}, 200),
        ({"lora": [{"id": 10**30, "scale": 1}]}, 400),
    ],
)
def test_odd_requests_are_answered_or_refused(server, body, status):
    got, content, _ = server.ask("POST", "/infill", {"n_predict": 4, **body})
    assert got == status, content
    assert server.json("GET", "/health") == {"status": "ok"}


def test_with_a_token_and_events_and_stats(tmp_path, codekiln):
    work = tmp_path / "work"
    with serving("--work", work, "--host", "0.0.0.0") as server:
        token, path = server.told["token"], Path(server.told["token_file"])
        assert path.read_text().strip() == token
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert server.ask("GET", "/health")[0] == 401
        key = {"Authorization": f"Bearer {token}"}
        status, content, _ = server.ask("POST", "/v1/completions", TABBY, **key)
        assert status == 200
        told = json.loads(content)
        for kind in ("view", "select"):
            event = {**EVENT, "type": kind, "completion_id": told["id"]}
            assert server.ask("POST", "/v1/events", event, **key)[0] == 200
        assert server.stop(signal.SIGINT) == (0, "")
    name = ("--name", "Models.example.org", "--name", "models")
    with serving("--work", work, "--host", "0.0.0.0", "--no-events", *name) as server:
        assert server.told["token"] is None  # it was shown once
        assert server.ask("POST", "/v1/completions", TABBY, **key)[0] == 200
        for host in ("models.example.org", "Models:8012"):
            assert server.ask("GET", "/health", Host=host, **key)[0] == 200
        status, content, _ = server.ask("GET", "/health", Host="evil.example", **key)
        assert (status, b"--name" in content) == (403, True)
    figures = codekiln("stats", "--work", work, "--json").json["clients"]
    assert set(figures) == {"all", "tabby"}
    assert (figures["tabby"]["suggested"], figures["tabby"]["accepted"]) == (1, 1)
    assert figures["tabby"]["rate"] == 1
    assert figures["tabby"]["characters_kept"] == len(told["choices"][0]["text"])
    said = codekiln("stats", "--work", work)
    assert "tabby: 1 suggestions, 1 accepted (rate 100%)" in said.out
    assert codekiln("stats", "--work", work, "--delete", "--json").json["deleted"]
    assert "Nothing is kept" in codekiln("stats", "--work", work).out


def test_stats_know_servers_and_editors(tmp_path, codekiln, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Places, "cache", tmp_path / "cache")
    for place in (tmp_path / "work", tmp_path / "cache"):
        Events(place).told("accepted", place.name)
    assert codekiln("stats", "--json").json["clients"]["all"]["accepted"] == 2
    assert codekiln("stats", "--work", "work", "--json").json["clients"]["all"]["accepted"] == 1
    assert codekiln("stats", "--delete", "--json").json["deleted"]
    assert codekiln("stats", "--json").json["clients"]["all"]["accepted"] == 0


def test_a_server_that_is_told_to_stop_finishes_its_answer(tmp_path):
    body = {"input_prefix": "x = [\n", "n_predict": 300, "temperature": 1, "stream": True}
    with serving("--work", tmp_path) as server:
        assert server.json("POST", "/infill", {**body, "n_predict": 1, "stream": False})
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(server.ask("POST", "/infill", body))
        )
        asking.start()
        while not re.search(r"codekiln_busy 1.0", server.ask("GET", "/metrics")[1].decode()):
            assert asking.is_alive()
        assert server.stop() == (0, "")
        asking.join()
    [(status, content, _)] = answers
    assert status == 200
    assert b'"stop": true' in content


def test_a_folder_that_goes_leaves_the_server_alive(tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    (code / "shapes.py").write_text("def area_of(width, height):\n    return width * height\n")
    with serving("--work", tmp_path / "work", "--repo", code) as server:
        told = ""
        while "indexed" not in told:
            told = server.json("POST", "/infill", INFILL)["codekiln"]["folder"]
        shutil.rmtree(code)
        while "gone" not in told:
            told = server.json("POST", "/infill", INFILL)["codekiln"]["folder"]
        assert str(code) in told
        assert server.stop() == (0, "")


def test_a_port_in_use(codekiln, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = ["serve", "--port", port, "--work", tmp_path / "work"]
        assert_refused(codekiln(*command), 2, str(port), "another --port")
        assert_refused_as_json(codekiln(*command, "--json"), 2, "UsageError", str(port))


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--port", 70000], 2, ["--port is 70000"]),
        (["--host", "example.org"], 2, ["example.org", "address"]),
        (["--host", "192.0.2.1"], 2, ["192.0.2.1"]),
        (["--name", "models.example.org"], 2, ["--name", "--host"]),
        (["--host", "0.0.0.0", "--name", "http://a:1"], 2, ["http://a:1", "models.example.org"]),
        (["--host", "0.0.0.0", "--name", ""], 2, ["a name alone"]),
        (["--model", "nowhere"], 1, ["nowhere"]),
        (["--repo", "nowhere"], 2, ["nowhere"]),
        (["--adapter", "nothing"], 2, ["NAME=DIR"]),
        (["--adapter", "a=b", "--adapter", "a=c"], 2, ["named a"]),
        (["--adapter", "a=nowhere"], 1, ["nowhere"]),
        (["--engine-model", "small"], 2, ["--engine"]),
        (["--engine-template", "qwen"], 2, ["--engine"]),
        (["--encoder", "nowhere"], 1, ["nowhere"]),
        (["--engine", "http://127.0.0.1:9"], 1, ["127.0.0.1:9"]),
        (["--engine", "nonsense"], 2, ["address"]),
        (["--context", -1], 2, ["--context"]),
    ],
)
def test_what_cannot_be_served_is_refused(codekiln, tmp_path, monkeypatch, options, code, words):
    monkeypatch.chdir(tmp_path)
    assert_refused(codekiln("serve", "--port", 0, *options), code, *words)


def test_a_model_that_is_damaged_is_refused(codekiln, tmp_path):
    import codekiln as package

    model = shutil.copytree(Path(package.__file__).parent / "starter", tmp_path / "model")
    (model / "model.safetensors").write_bytes(b"x")
    result = codekiln("serve", "--port", 0, "--model", model, "--work", tmp_path / "work")
    assert_refused(result, 1, "model")
