"""What `codekiln connect` writes leads to a route of ours, which reads what that editor then asks."""

from urllib.parse import urljoin

import pytest
import yaml
from fastapi.testclient import TestClient

from codekiln.apps.connect import Connection, changes
from codekiln.apps.connect.jsonc import parsed
from codekiln.apps.places import Places
from codekiln.serve.http import create_app
from fakes import FakeCompleter
from serve.http.asking import ADDRESS, BEFORE, BEHIND, SAID, assistant

MODEL = "small"
STARCODER = f"<fim_prefix>{BEFORE}<fim_suffix>{BEHIND}<fim_middle>"
# What Zed takes as `prompt_format` (crates/settings_content), and what it then writes (fim.rs).
ZED = {
    "star_coder": STARCODER,
    "qwen": f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{BEHIND}<|fim_middle|>",
    "code_llama": f"<PRE> {BEFORE} <SUF>{BEHIND} <MID>",
    "deepseek_coder": f"<｜fim▁begin｜>{BEFORE}<｜fim▁hole｜>{BEHIND}<｜fim▁end｜>",
    "codestral": f"[SUFFIX]{BEHIND}[PREFIX]{BEFORE}",
}


@pytest.fixture
def written(tmp_path):
    """The text of an editor's settings."""

    def write(name):
        connection = Connection(("codekiln", "lsp"), ADDRESS, tmp_path, model=MODEL)
        return changes(name, connection, Places(tmp_path, "linux", {}))[0].after

    return write


@pytest.fixture
def asked():
    """Posts to our app, and the requests that reach the model."""
    completer = FakeCompleter([SAID])
    with TestClient(create_app(assistant(completer)), base_url=ADDRESS) as client:
        yield client.post, completer.requests


def test_continue_completes(written, asked):
    post, requests = asked
    [ours] = yaml.safe_load(written("continue"))["models"]
    assert ours["provider"] == "openai"
    assert ours["useLegacyCompletionsEndpoint"] is True  # or it would ask for a chat
    body = {"model": ours["model"], "prompt": STARCODER, "stream": True, "max_tokens": 64}
    reply = post(urljoin(ours["apiBase"] + "/", "completions"), json=body)
    assert reply.status_code == 200
    assert (requests[-1].prefix, requests[-1].suffix) == (BEFORE, BEHIND)


def test_zed_completes(written, asked):
    post, requests = asked
    ours = parsed(written("zed"))["edit_predictions"]["open_ai_compatible_api"]
    body = {"model": ours["model"], "prompt": ZED[ours["prompt_format"]], "max_tokens": 64}
    assert post(ours["api_url"], json=body).json()["choices"][0]["text"] == SAID
    assert (requests[-1].prefix, requests[-1].suffix) == (BEFORE, BEHIND)


def test_vim_completes(written, asked):
    post, requests = asked
    assert f"'endpoint_fim': '{ADDRESS}/infill'" in written("vim")
    body = {"input_prefix": BEFORE, "input_suffix": BEHIND, "prompt": ""}
    assert post(f"{ADDRESS}/infill", json=body).json()["content"] == SAID
    assert requests[-1].suffix == BEHIND
