"""A tiny corpus as artifacts, for tests that train."""

import io
import random

import numpy as np
import pytest
import torch

from codekiln.artifact import Stage, produce
from codekiln.tokenizer.special import END_OF_TEXT, PADDING
from fakes import tiny_tokenizer

LENGTH = 128


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    threads = torch.get_num_threads()
    strict = torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(strict)


def write_tokenizer(config, inputs, out):
    (out / "tokenizer.json").write_text(tiny_tokenizer().definition, encoding="utf-8")
    return {}


def write_rows(config, inputs, out):
    """Rows of short functions, the last few ids of some of them padding."""
    for split, count, seed in (("train", 48, 1), ("held_out", 6, 2)):
        content = io.BytesIO()
        np.save(content, rows_of_code(count, seed), allow_pickle=False)
        (out / f"{split}-00000.npy").write_bytes(content.getvalue())
    return {}


def rows_of_code(count, seed):
    generator, tokenizer = random.Random(seed), tiny_tokenizer()
    end, padding = tokenizer.special(END_OF_TEXT), tokenizer.special(PADDING)
    ids = []
    while len(ids) < count * (LENGTH + 1):
        name, first, second = (generator.choice("abcdefgh") for _ in range(3))
        text = f"def {name}({first}, {second}):\n    return {first} + {second}\n"
        ids += [end, *tokenizer.encode(text)]
    rows = np.array(ids[: count * (LENGTH + 1)], dtype=np.uint16).reshape(count, LENGTH + 1)
    rows[::3, -9] = end
    rows[::3, -8:] = padding
    return rows


@pytest.fixture(scope="session")
def given(tmp_path_factory):
    """What the training stage is given."""
    work = tmp_path_factory.mktemp("given")
    return {
        "tokenizer": produce(Stage("tokenizer", 1, write_tokenizer), {}, {}, work, "t"),
        "inputs": produce(Stage("inputs", 1, write_rows), {}, {}, work, "t"),
    }
