import json

import pytest

from codekiln.serve.http.errors import failure
from serve.http.asking import asking


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/infill", {"error": {"code": 404, "message": "gone", "type": "not_found_error"}}),
        ("/tokenize", {"error": {"code": 404, "message": "gone", "type": "not_found_error"}}),
        (
            "/v1/models",
            {
                "error": {
                    "message": "gone",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": None,
                }
            },
        ),
        ("/v1/events", {"detail": "gone"}),
        ("/v1beta/server_setting", {"detail": "gone"}),
        ("/api/generate", {"error": "gone"}),
    ],
)
def test_each_format_has_its_own_shape(path, told):
    answer = failure(path, 404, "gone")
    assert answer.status_code == 404
    assert json.loads(answer.body) == told


def test_only_a_model_that_is_not_there_is_a_model_not_found():
    with asking() as (client, _):
        unknown = client.post("/v1/completions", json={"prompt": "x", "model": "another"})
        nowhere = client.get("/v1/nothing")
    assert (unknown.status_code, nowhere.status_code) == (404, 404)
    assert unknown.json()["error"]["code"] == "model_not_found"
    assert nowhere.json()["error"]["code"] is None


def test_a_header_tells_the_code_that_the_page_on_errors_has():
    with asking() as (client, _):
        refused = client.post("/infill", json={"prompt": "x", "model": "another"})
        turned_away = client.get("/nothing")
        taken = client.get("/health")
    assert refused.headers["Codekiln-Error"] == "unknown-model"
    assert turned_away.headers["Codekiln-Error"] == "http"
    assert "Codekiln-Error" not in taken.headers


def test_a_lone_surrogate_in_a_message_is_no_mistake_of_ours():
    body = b'{"prompt": "x", "model": "\\ud800"}'
    with asking() as (client, _):
        assert client.post("/infill", content=body).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/../../etc/passwd", 404),
        ("POST", "/%00", 404),
        ("GET", "/infill", 405),
        ("DELETE", "/health", 405),
        ("PUT", "/v1/events", 405),
        ("TRACE", "/metrics", 405),
    ],
)
def test_what_is_not_there(method, path, status):
    with asking() as (client, _):
        reply = client.request(method, path)
    assert reply.status_code == status
    assert "/docs" in reply.text
