"""Attention is that of transformers, and a weight for each id in front."""

import numpy as np
import pytest
import torch

from codekiln.apps.explain import attention, load_reference
from codekiln.apps.explain.attention import told_layers
from codekiln.errors import MissingExtraError, UsageError
from codekiln.generate.torch_engine import TorchEngine
from codekiln.model.weights import save_model
from model.shapes import FAMILIES, GROUPED, random_ids, random_model

IDS = random_ids(40).tolist()


@pytest.mark.parametrize("config", FAMILIES, ids=range(len(FAMILIES)))
def test_every_layer_and_head_is_that_of_transformers(config, tmp_path):
    import transformers

    model = random_model(config)
    save_model(tmp_path, model, end=0, tokenizer_sha256="x")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path, attn_implementation="eager"
    )
    with torch.no_grad():
        expected = theirs(torch.tensor([IDS]), output_attentions=True).attentions
    engine = TorchEngine(model)
    assert len(expected) == engine.layers
    for layer, weights in enumerate(expected):
        found = engine.attention(IDS, layer)
        assert found.shape == (engine.heads, 40, 40)
        np.testing.assert_allclose(found, weights[0].numpy(), atol=1e-5)


def test_rows_sum_to_one_and_begin_with_the_first_token_of_the_answer():
    engine = TorchEngine(random_model())
    heads = attention(engine, IDS, 30, 1)
    assert len(heads) == GROUPED.heads
    assert len(set(heads)) == GROUPED.heads
    for head, rows in enumerate(heads):
        assert [len(row) for row in rows] == list(range(30, 40))
        for place, row in enumerate(rows, start=29):
            assert sum(row) == pytest.approx(1, abs=1e-3)
            np.testing.assert_allclose(
                row, engine.attention(IDS, 1)[head, place, : place + 1], atol=1e-5
            )


def test_the_engines_cache_is_left_alone():
    engine = TorchEngine(random_model())
    engine.prefill(np.array([IDS[:7]]))
    attention(engine, IDS, 30, 0)
    assert engine.length == 7


@pytest.mark.parametrize(
    ("ids", "first", "layer"),
    [
        (IDS, 30, GROUPED.layers),
        (IDS, 30, -1),
        (IDS, 0, 0),
        (IDS, 41, 0),
        ([5] * (GROUPED.context + 1), 30, 0),
        ([GROUPED.vocabulary] * 40, 30, 0),
        ([-1] * 40, 30, 0),
    ],
)
def test_what_there_is_not_is_refused(ids, first, layer):
    with pytest.raises(UsageError, match=r"There is no|There are|Attention is shown"):
        attention(TorchEngine(random_model()), ids, first, layer)


def test_at_the_borders_it_is_not():
    engine = TorchEngine(random_model())
    assert attention(engine, IDS, 40, 1) == [()] * GROUPED.heads
    full = [GROUPED.vocabulary - 1] * GROUPED.context
    assert len(attention(engine, full, 1, 0)[0]) == GROUPED.context - 1


def test_without_torch_the_line_that_installs_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'codekiln\[train\]'"):
        load_reference(tmp_path)


def test_a_page_is_given_the_last_layers_where_all_are_too_much():
    engine = TorchEngine(random_model())
    assert told_layers(engine, 40, 30) == range(GROUPED.layers)
    assert told_layers(engine, 100_000, 30) == range(GROUPED.layers - 1, GROUPED.layers)
