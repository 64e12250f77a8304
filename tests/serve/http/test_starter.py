"""The model in the package behind the formats of OpenAI and Ollama, asked by their own clients."""

from pathlib import Path

import ollama
import openai
import pytest

from codekiln.generate.loading import model_folder
from codekiln.serve.http import create_app
from codekiln.serve.opening import opened_assistant
from codekiln.tokenizer import Tokenizer
from serve.http.running import running

STARTER = Path("starter")
PREFIX = "import numpy as np\n\n\ndef mean(numbers):\n    total = 0\n    for number in numbers:\n        "
SUFFIX = "\n    return total / len(numbers)\n"


@pytest.fixture(scope="module", name="address")
def _address(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    with opened_assistant(STARTER, work=work) as assistant, running(create_app(assistant)) as url:
        yield url


@pytest.fixture(name="client")
def _client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


def middle(client, prefix, suffix):
    body = {"model": "starter", "prompt": prefix, "suffix": suffix, "max_tokens": 24}
    return client.completions.create(**body).choices[0].text


def test_a_middle_heeds_what_stands_before_and_behind(client):
    found = middle(client, PREFIX, SUFFIX)
    assert "total += " in found
    assert found != middle(client, PREFIX.replace("total = 0", "total = []"), SUFFIX)
    assert found != middle(client, PREFIX, "\n    return best\n")


def test_all_the_ways_to_ask_for_a_middle_say_the_same(client, address):
    found = middle(client, PREFIX, SUFFIX)
    templated = f"<fim_prefix>{PREFIX}<fim_suffix>{SUFFIX}<fim_middle>"
    body = {"model": "starter", "max_tokens": 24}
    assert client.completions.create(prompt=templated, **body).choices[0].text == found
    pieces = client.completions.create(prompt=PREFIX, suffix=SUFFIX, stream=True, **body)
    assert "".join(piece.choices[0].text for piece in pieces) == found
    mistral = client.post(
        "/fim/completions", body=body | {"prompt": PREFIX, "suffix": SUFFIX}, cast_to=object
    )
    assert mistral["choices"][0]["message"]["content"] == found
    with ollama.Client(address) as other:
        options = {"num_predict": 24}
        assert other.generate("starter", PREFIX, SUFFIX, options=options).response == found
        raw = other.generate("starter", templated, raw=True, options=options)
        assert raw.response == found


def test_tokens_are_counted(client):
    tokenizer = Tokenizer.load(model_folder(STARTER))
    body = {"model": "starter", "prompt": "def add(first, second):", "max_tokens": 12}
    whole = client.completions.create(**body, logprobs=1)
    assert whole.usage.prompt_tokens <= len(tokenizer.encode(body["prompt"])) + 1  # healed
    told = whole.choices[0].logprobs
    assert len(told.tokens) >= 12
    assert whole.usage.completion_tokens == len(told.tokens)
    assert "".join(told.tokens).endswith(whole.choices[0].text)


def test_it_does_not_chat(client):
    with pytest.raises(openai.BadRequestError, match="no chat template"):
        client.chat.completions.create(model="starter", messages=[{"role": "user", "content": "x"}])
