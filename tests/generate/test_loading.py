"""The model inside the package is whole, small, and completes without a network or a folder."""

from pathlib import Path

import pytest

from codekiln.artifact import open_artifact
from codekiln.errors import ArtifactError
from codekiln.evaluate.bits_per_byte import token_bits
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import load_completer, load_engine, model_folder
from codekiln.inputs import Header, header_ids
from codekiln.tokenizer import Tokenizer

STARTER = Path("starter")
LARGEST = 45_000_000


def test_the_starter_is_whole_and_small():
    artifact = open_artifact(model_folder(STARTER), "model")
    artifact.verify()
    assert sum(file.stat().st_size for file in artifact.path.iterdir()) <= LARGEST
    assert (artifact.path / "CARD.md").is_file()


def test_a_folder_of_that_name_goes_before_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert model_folder(STARTER).is_absolute()
    (tmp_path / "starter").mkdir()
    assert model_folder(STARTER) == STARTER
    with pytest.raises(ArtifactError, match="no artifact"):
        load_completer(STARTER)


def test_the_starter_knows_code():
    """Weights that were mixed up, or rounded too far, would cost four bits a byte and more."""
    text = "class Stack:\n    def __init__(self):\n        self._items = []\n\n"
    text += "    def push(self, item):\n        self._items.append(item)\n"
    tokenizer = Tokenizer.load(model_folder(STARTER))
    header = header_ids(tokenizer, Header(language="python"))
    bits = token_bits(load_engine(STARTER), header, tokenizer.encode(text))
    assert bits.sum() / len(text) < 1.0


def test_the_starter_completes():
    request = CompletionRequest("import numpy as np\nimport pandas as", max_tokens=1)
    assert collect(load_completer(STARTER), request).text == " pd"
