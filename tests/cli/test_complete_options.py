"""`codekiln complete` with an index, as a search, by a schema, by a server; and what it refuses."""

import json

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.cli.complete_summary import REASONS
from codekiln.generate.verify import Reason
from model_artifacts import model_artifact
from model_server import ModelServer, events, said

RULE = "def weighted_total(prices, weights, *, discount=0.125):\n"
BODY = "    return sum(price * weight for price, weight in zip(prices, weights)) * (1 - discount)\n"
TYPED = "from shop import *\n\n\n" + RULE + "    return sum(price * wei"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One that never learned anything."""
    return model_artifact(tmp_path_factory.mktemp("model")).path


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(TYPED + "\n\n\nprint(weighted_total([1], [2]))\n")
    return path


@pytest.fixture
def shop(tmp_path):
    """A folder of code to index."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/totals.py").write_text(f"import math\n\n\n{RULE}{BODY}")
    return tmp_path / "shop"


@pytest.fixture
def complete(codekiln, model, source, tmp_path):
    """Gives the command at the end of the line that is being typed."""
    common = ["--model", model, "--work", tmp_path / "work", "--max-tokens", 6]
    return lambda *more, at=source: codekiln("complete", at, "--line", 5, *common, *more)


def test_every_reason_has_words():
    shown = {"whole", "cut"}
    assert set(REASONS) == set(Reason.__args__) - shown


def test_a_folder_adapts_the_model_to_it_and_is_told(codekiln, source, shop, tmp_path):
    """With the starter, a model that learned something."""
    command = ["complete", source, "--line", 5, "--work", tmp_path / "work", "--index", shop]
    found = codekiln(*command, "--json").json
    line = TYPED.rpartition("\n")[2] + found["text"]
    assert line.startswith(BODY[:60])  # the model has its say too
    assert found["state"] == "verified"
    place = found["passages"][0]["places"][0]
    assert (place["path"], place["line"], place["licence"]) == ("totals.py", 5, "own")
    plain = codekiln(*command)
    assert plain.out == found["text"] + "\n"
    assert "totals.py:5" in plain.err
    (shop / "totals.py").write_text("import math\n")  # it changes, and the index with it
    assert codekiln(*command, "--json").json["passages"] == []


def test_raw_is_what_the_model_writes(complete):
    found = complete("--json").json
    raw = complete("--raw")
    assert (raw.code, raw.out, raw.err) == (0, found["written"] + "\n", "")
    assert complete("--raw", "--json").json["written"] == found["written"]


def test_a_block_and_lines(complete):
    for more in (["--block"], ["--block", "--lines", 0], ["--lines", 0], ["--lines", 3]):
        result = complete(*more, "--json")
        assert result.code == 0
        assert len(result.json["token_ids"]) <= 12  # the word at the cursor comes on top


@pytest.mark.parametrize("search", [["--beams", 2], ["--best-of", 2, "--temperature", 0.8]])
def test_a_search_has_one_answer(complete, search):
    found = complete(*search, "--json").json
    assert found["finish_reason"] in ("end", "stop", "length")
    assert complete(*search, "--json").json["token_ids"] == found["token_ids"]
    assert complete(*search, "--raw").out == found["written"] + "\n"


def test_a_schema_is_met(complete, tmp_path):
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"enum": [{"a": 1}, {"a": 2}]}))
    found = complete("--schema", schema, "--max-tokens", 40, "--json").json
    assert json.loads(found["written"]) in ({"a": 1}, {"a": 2})


def test_a_deadline_gives_what_there_is(complete):
    wanted = ["--deadline", 1, "--lines", 0, "--max-tokens", 500, "--json"]
    assert complete(*wanted).json["finish_reason"] == "deadline"
    assert complete(*wanted, "--beams", 3).json["finish_reason"] == "deadline"


def test_other_files_are_shown_to_the_model_with_reasons(complete, shop, source):
    (source.parent / "shop.py").write_text("def price_of(name):\n    return 1\n")
    source.write_text(source.read_text().replace("import *", "import price_of"))
    found = complete("--context", 400, "--index", shop, "--json").json["context"]
    assert "price_of" in "".join(piece["text"] for piece in found["pieces"])
    assert complete("--json").json["context"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--best-of", 2], ["best_of samples", "raise it"]),
        (["--beams", 2, "--best-of", 2], ["leave one of them out"]),
        (["--beams", 2, "--temperature", 1], ["leave the temperature at 0"]),
        (["--beams", 2, "--deadline", 0], ["deadline_ms", "≥ 1"]),
        (["--beams", 1], ["--beams"]),
        (["--block", "--lines", 2], ["with its lines or with the block", "leave one of them out"]),
        (["--deadline", 0], ["deadline_ms", "≥ 1"]),
        (["--deadline", "nan"], ["deadline_ms"]),
        (["--context", -1], ["--context"]),
        (["--weights", "int4", "--engine", "torch"], ["choose the engine 'openvino'"]),
        (["--server-model", "m"], ["--server", "give its address"]),
        (["--template", "qwen"], ["--server", "give its address"]),
        (["--server", "http://localhost:9", "--engine", "torch"], ["leave them out with --server"]),
        (["--server", "http://localhost:9", "--weights", "int8"], ["leave them out with --server"]),
        (["--server", "localhost:9"], ["http://localhost:8080"]),
        (["--index", "nowhere"], ["nowhere"]),
        (["--schema", "nowhere.json"], ["There is no file nowhere.json"]),
    ],
)
def test_what_does_not_go_together(complete, arguments, words):
    assert_refused(complete(*arguments), 2, *words)
    result = complete(*arguments, "--json")
    kind = result.json["error"]["type"]
    assert kind.endswith("Error")
    assert_refused_as_json(result, 2, kind, *words)


@pytest.mark.parametrize("schema", ["", "{", "[]", '"text"', '{"type": "nothing"}', "\0", "é"])
def test_a_schema_that_is_none(complete, tmp_path, schema):
    path = tmp_path / "schema.json"
    path.write_text(schema, encoding="latin-1")
    assert_refused(complete("--schema", path), 2)


def test_an_index_of_another_kind(complete, model, source):
    assert_refused(complete("--index", model), 1, "'model', but 'index' is needed")
    assert_refused(complete("--index", source), 2, str(source))


def test_nobody_listens(complete):
    with ModelServer({}) as server:
        address = server.url
    assert_refused(complete("--server", address), 1, "Nothing answers", "start the server")
    result = complete("--server", address, "--json")
    assert_refused_as_json(result, 1, "ServerError", "Nothing answers")


def test_a_server_answers_and_its_answer_is_verified(complete, shop):
    def chunk(text, finish=None):
        return {"choices": [{"index": 0, "text": text, "finish_reason": finish}]}

    replies = {
        "GET /v1/models": said({"data": [{"id": "starcoder2-3b", "owned_by": "us"}]}),
        "POST /v1/completions": events(chunk("ght for price"), chunk(" in [])\n", "stop")),
    }
    with ModelServer(replies) as server:
        found = complete("--server", server.url, "--index", shop, "--json").json
        assert found["text"].startswith("ght for price in [])")
        assert found["state"] == "verified"
        refused = complete("--server", server.url, "--beams", 2)
        assert refused.code != 0
        assert "Traceback" not in refused.err
        assert_refused(complete("--server", server.url, "--server-model", "no"), 2, "no model 'no'")


def test_an_index_in_use_by_another_process(complete, shop, model, tmp_path):
    from codekiln.index.folder import FolderIndex
    from codekiln.tokenizer import Tokenizer

    with FolderIndex.open(shop, Tokenizer.load(model), tmp_path / "work"):
        assert_refused(complete("--index", shop), 1, "Another codekiln has the index")
    assert complete("--index", shop).code == 0


def test_an_engine_that_is_not_installed(complete, monkeypatch):
    monkeypatch.setattr("codekiln.generate.loading.find_spec", lambda name: None)
    assert_refused(complete("--engine", "openvino"), 2, "pip install openvino")
    assert complete().code == 0  # by torch
