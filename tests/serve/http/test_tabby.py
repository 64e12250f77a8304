"""The very requests of Tabby's clients (clients/tabby-agent, clients/vim), and what they read of it."""

import pytest

from codekiln.errors import ServerError
from codekiln.serve.events import Events, read_events
from fakes import FakeCompleter
from serve.http.asking import BEFORE, BEHIND, SAID, asking

REQUEST = {
    "language": "python",
    "segments": {
        "prefix": BEFORE,
        "suffix": BEHIND,
        "filepath": "src/sums.py",
        "git_url": "git@example.org:us/sums.git",
        "declarations": [{"filepath": "src/shapes.py", "body": "def area(width): ..."}],
        "relevant_snippets_from_changed_files": [
            {"filepath": "src/other.py", "body": "x = 1\n", "score": 0.9}
        ],
        "relevant_snippets_from_recently_opened_files": [
            {"filepath": "src/last.py", "body": "y = 2\n", "score": 0.5}
        ],
        "clipboard": "secret",
        "edit_history": None,
    },
    "user": "7b6c2a51-0d1f-4d62-a4fb-4d0d4f2f8f0e",
    "temperature": None,
    "seed": None,
    "mode": "standard",
}


def test_a_completion():
    with asking() as (client, completer):
        reply = client.post("/v1/completions", json=REQUEST, headers={"Authorization": "Bearer x"})
    assert reply.status_code == 200
    told = reply.json()
    assert set(told) == {"id", "choices"}
    assert told["id"].startswith("cmpl-")
    assert told["choices"] == [{"index": 0, "text": SAID}]
    [request] = completer.requests
    assert (request.prefix, request.suffix, request.path) == (BEFORE, BEHIND, "src/sums.py")
    assert (request.language, request.temperature, request.block) == ("python", 0, True)
    assert request.line_deadline_ms == 300  # nobody who types waits for several lines
    assert [line for line in request.context.splitlines() if line.endswith(".py")] == [
        "# src/last.py",
        "# src/other.py",
        "# src/shapes.py",
    ]
    assert "secret" not in request.context + request.prefix + request.suffix


def test_the_least_that_a_client_sends():
    with asking() as (client, completer):
        reply = client.post("/v1/completions", json={"segments": {"prefix": BEFORE}})
    assert reply.json()["choices"][0]["text"]
    assert (completer.requests[0].suffix, completer.requests[0].language) == ("", "")


@pytest.mark.parametrize(
    ("identifier", "language"),
    [("typescriptreact", "tsx"), ("shellscript", "bash"), ("cpp", "cpp"), ("unknown", "")],
)
def test_languages_go_by_the_names_of_vs_code(identifier, language):
    with asking() as (client, completer):
        body = {"language": identifier, "segments": {"prefix": "x"}}
        assert client.post("/v1/completions", json=body).status_code == 200
    assert completer.requests[0].language == language


def test_debug_options_say_what_was_in_the_prompt_and_why():
    body = {**REQUEST, "debug_options": {"return_snippets": True}}
    with asking() as (client, _):
        data = client.post("/v1/completions", json=body).json()["debug_data"]
    assert {piece["filepath"] for piece in data["snippets"]} == {
        "src/shapes.py",
        "src/other.py",
        "src/last.py",
    }
    assert {piece["why"] for piece in data["codekiln"]["context"]["pieces"]} == {"edited recently"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_health(method):
    with asking() as (client, _):
        told = getattr(client, method)("/v1/health").json()
    needed = {"device", "arch", "cpu_info", "cpu_count", "cuda_devices", "version"}
    assert needed <= set(told)
    assert set(told["version"]) == {"build_date", "build_timestamp", "git_sha", "git_describe"}
    assert told["model"] == "small"


def test_clients_are_told_to_send_nothing_to_anybody():
    with asking() as (client, _):
        told = client.get("/v1beta/server_setting").json()
    assert told == {"disable_client_side_telemetry": True}


def test_events_are_kept(tmp_path):
    completer = FakeCompleter(["first +", "\\\n", "    second"])
    with asking(completer=completer, events=Events(tmp_path)) as (client, _):
        text = client.post("/v1/completions", json=REQUEST).json()
        for kind in ("view", "select", "dismiss"):
            body = {"type": kind, "completion_id": text["id"], "choice_index": 0, "elapsed": 900}
            assert client.post("/v1/events", json=body).status_code == 200
        line = {"type": "select", "completion_id": text["id"], "choice_index": 0}
        assert client.post("/v1/events?select_kind=line", json=line).status_code == 200
    kept = list(read_events(tmp_path))
    shown = text["choices"][0]["text"]
    assert "\n" in shown
    assert [(each.kind, each.characters) for each in kept] == [
        ("suggested", len(shown)),
        ("shown", len(shown)),
        ("accepted", len(shown)),
        ("dismissed", len(shown)),
        ("accepted", len(shown.split("\n")[0])),
    ]
    assert {each.suggestion for each in kept} == {text["id"]}
    assert (kept[0].client, kept[0].language) == ("tabby", "python")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/completions", {"segments": {"prefix": 3}}, 422),
        ("/v1/completions", {"segments": {"suffix": "x"}}, 422),
        ("/v1/completions", {"segments": None}, 422),
        ("/v1/completions", {**REQUEST, "mode": "next_edit_suggestion"}, 422),
        ("/v1/completions", {**REQUEST, "debug_options": {"raw_prompt": "x"}}, 400),
        ("/v1/events", {"type": "bought", "completion_id": "x", "choice_index": 0}, 422),
        ("/v1/events", {"type": "view"}, 422),
    ],
)
def test_wrong_requests_are_refused(path, body, status):
    with asking() as (client, completer):
        reply = client.post(path, json=body)
        assert completer.requests == []
    assert reply.status_code == status
    assert set(reply.json()) == {"detail"}


class Broken(FakeCompleter):
    """Fails, with a mistake of ours or not."""

    def __init__(self, error):
        super().__init__([])
        self.error = error

    def complete(self, request):
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"), [(ServerError("It is gone: start it."), 502), (ZeroDivisionError(), 500)]
)
def test_what_fails_later_has_the_same_shape(error, status):
    with asking(completer=Broken(error)) as (client, _):
        reply = client.post("/v1/completions", json=REQUEST)
        other = client.post("/v1/completions", json={"prompt": "x"})
    assert (reply.status_code, other.status_code) == (status, status)
    assert set(reply.json()) == {"detail"}
    assert set(other.json()) == {"error"}
