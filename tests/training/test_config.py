"""What follows from the depth dial, and that a setting goes before it."""

import pytest

from codekiln.training import ModelStageConfig


@pytest.mark.parametrize(
    ("depth", "batch", "rate"),
    [(1, 2048, 0.02), (4, 2048, 0.02), (6, 4096, 0.0238), (8, 8192, 0.0283), (16, 16_384, 0.0336)],
)
def test_batch_and_rate_follow_from_depth(depth, batch, rate):
    config = ModelStageConfig(depth=depth)
    assert config.step_tokens() == batch
    assert config.matrix_rate() == pytest.approx(rate, abs=1e-4)
    assert config.step_rows(512) == batch // 512


def test_the_rate_follows_the_batch():
    # Sixteen times the batch, twice the rate: what the sweep of docs/log.md found.
    assert ModelStageConfig(batch_tokens=32_768).matrix_rate() == pytest.approx(0.04)
    assert ModelStageConfig(batch_tokens=32_768, learning_rate=0.01).matrix_rate() == 0.01


def test_without_a_budget_there_are_twenty_tokens_a_weight():
    assert ModelStageConfig().with_budget(1000).tokens == 20_000
    assert ModelStageConfig(tokens=5).with_budget(1000).tokens == 5
    assert ModelStageConfig(seconds=5.0).with_budget(1000).tokens == 0
