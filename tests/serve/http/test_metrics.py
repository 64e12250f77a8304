from prometheus_client.parser import text_string_to_metric_families

from serve.http.asking import asking


def figures(client):
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def test_requests_and_suggestions_are_counted():
    with asking() as (client, _):
        for _ in range(3):
            client.post("/infill", json={"input_prefix": "x = "})
        client.post("/infill", json={"prompt": 1})
        client.post("/v1/completions", json={"language": "python", "segments": {"prefix": "x = "}})
        found = figures(client)
    assert found["codekiln_requests_total", "/infill", "200"] == 3
    assert found["codekiln_requests_total", "/infill", "400"] == 1
    assert found["codekiln_request_seconds_count", "/infill"] == 4
    assert found["codekiln_suggestions_total", "unverified"] == 3
    assert found["codekiln_suggestions_total", "verified"] == 1
    assert found["codekiln_tokens_total", "generated"] == 4
    assert found["codekiln_tokens_total", "prompt"] == 12
    assert found["codekiln_busy",] == 0


def test_strange_paths_make_no_series():
    with asking() as (client, _):
        for path in ("/nothing", "/something", "/a%22b"):
            client.get(path)
        client.get("/health", headers={"Host": "evil.example"})
        found = figures(client)
        text = client.get("/metrics").text
    assert found["codekiln_requests_total", "404", "none"] == 3
    assert found["codekiln_requests_total", "403", "none"] == 1
    assert not any(word in text for word in ("nothing", "something", "evil"))


def test_two_servers_count_apart():
    with asking() as (first, _), asking() as (second, _):
        first.get("/health")
        assert ("codekiln_requests_total", "/health", "200") not in figures(second)
