"""The encoder's body: it sees both sides and no padding; its readings beside plain computations."""

from dataclasses import replace

import pytest
import torch

from codekiln.model.bidirectional import SEPARATOR_ID, Bidirectional, apart, new_model
from codekiln.model.transformer import Transformer
from model.heads import plain_mean, plain_odds, random_heads
from model.shapes import GROUPED, random_ids, random_model

PADDING = 4
ENCODER = replace(GROUPED, causal=False)


def encoder(seed=0, segments=1.0):
    """An encoder that uses every one of its weights."""
    model, generator = Bidirectional(ENCODER).eval(), torch.Generator().manual_seed(seed)
    head = {
        "segment.weight": segments * torch.randn(2, ENCODER.width, generator=generator),
        **random_heads(model, seed),
    }
    model.load_state_dict(random_model(seed=seed).state_dict() | head)
    return model


def padded_ids():
    ids = random_ids(3, 20, seed=1).clamp(min=PADDING + 1)
    ids[1, 13:] = PADDING
    ids[2, 5:] = PADDING
    return ids


@torch.no_grad()
def test_an_encoder_sees_the_future_and_a_causal_model_does_not():
    ids = random_ids(2, 16, seed=1)
    other = ids.clone()
    other[:, -1] = (other[:, -1] + 1) % GROUPED.vocabulary
    for model, sees in ((encoder(), True), (random_model(), False)):
        before, after = model(ids)[:, :-1], model(other)[:, :-1]
        assert (bool((before - after).abs().amax(dim=2).min() > 1e-4)) == sees
        assert torch.equal(before, after) != sees


@torch.no_grad()
@pytest.mark.parametrize("half", [False, True])
def test_padding_is_seen_by_no_token(half):
    ids, model = padded_ids(), encoder()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        hidden = model(ids, apart(ids, PADDING)).float()
        for row, length in ((1, 13), (2, 5)):
            alone = model(ids[row : row + 1, :length]).float()
            torch.testing.assert_close(
                hidden[row, :length], alone[0], rtol=0, atol=0.1 if half else 1e-4
            )
        blind = model(ids).float()
    assert (blind[2, :5] - hidden[2, :5]).abs().max() > 0.2


def test_rows_without_padding_need_no_mask():
    assert apart(random_ids(2, 5).clamp(min=PADDING + 1), PADDING) is None


@torch.no_grad()
def test_a_vector_is_the_mean_of_the_real_tokens_by_importance_at_length_one():
    ids, model = padded_ids(), encoder()
    hidden = model(ids, apart(ids, PADDING))
    vectors = model.pooled(hidden, ids, PADDING)
    for row, length in enumerate((20, 13, 5)):
        torch.testing.assert_close(vectors[row], plain_mean(model, hidden[row, :length]))


@torch.no_grad()
def test_segments_are_compared_token_by_token():
    model, ids = encoder(), padded_ids()
    ids[0, 8] = ids[1, 1] = ids[2, 3] = SEPARATOR_ID
    hidden = torch.randn(3, 20, ENCODER.width, generator=torch.Generator().manual_seed(3))
    expected = plain_odds(model, hidden, ids, PADDING)
    assert expected.std() > 0.01
    torch.testing.assert_close(model.follows(hidden, ids, PADDING), expected)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(model.follows(hidden, ids, PADDING), expected)
    fresh = Bidirectional(ENCODER)
    assert torch.equal(fresh.follows(hidden, ids, PADDING), torch.zeros(3))


def test_the_shape_says_which_model_it_is():
    assert type(new_model(GROUPED)) is Transformer
    assert type(new_model(ENCODER)) is Bidirectional


@torch.no_grad()
def test_its_body_is_the_transformer():
    """Attention alone differs: where every token sees itself only, it is the causal model."""
    model, ids = encoder(segments=0), random_ids(2, 9, seed=5)
    alone = torch.arange(9).expand(2, 9)  # each token its own document
    torch.testing.assert_close(model(ids, alone), random_model()(ids, alone))
    assert not torch.allclose(model(ids), random_model()(ids), atol=0.1)


@torch.no_grad()
def test_a_token_is_told_its_segment():
    model = encoder()
    ids = torch.tensor([[0, 50, 29, 51, 29, 0], [0, 50, 51, 52, 53, 0]])
    behind = torch.tensor([[0, 0, 1, 1, 1, 1], [0] * 6])
    expected = model.model.embed_tokens.weight[ids] + model.segment.weight[behind]
    assert torch.equal(model.embed(ids), expected)
    assert not torch.allclose(model(ids), encoder(segments=0)(ids), atol=0.1)
