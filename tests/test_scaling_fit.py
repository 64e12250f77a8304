"""The fits of the scaling benchmark: on losses made by known laws, and beside scipy on noisy ones."""

import math
from itertools import product

import numpy as np
import pytest
from bench.scaling import LENGTH, VOCABULARY, Trial
from bench.scaling_fit import Law, Point, error_without_largest, fit_joint, fit_sum

from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer

WEIGHTS = (100_000, 400_000, 600_000, 1_200_000)
TOKENS = (600_000, 1_200_000, 2_400_000, 4_800_000)


def sum_of_terms(weights, tokens, least, of_size, a, of_data, b):
    """Hoffmann et al. 2022, as printed."""
    return least + of_size / weights**a + of_data / tokens**b


def joint(weights, tokens, most_weights, size_exponent, most_tokens, data_exponent):
    """Kaplan et al. 2020, eq. 1.5, as printed."""
    inner = (most_weights / weights) ** (size_exponent / data_exponent) + most_tokens / tokens
    return inner**data_exponent


SUM = (1.7, 30.0, 0.333, 110.0, 0.301)  # exponents between those that are tried
JOINT = (1e10, 0.0917, 5e9, 0.1433)
LAWS = [(fit_sum, sum_of_terms, SUM), (fit_joint, joint, JOINT)]


def points(formula, constants, noise=0.0):
    draws = np.random.default_rng(0)
    return [
        Point(w, t, formula(w, t, *constants) * math.exp(noise * draws.normal()))
        for w, t in product(WEIGHTS, TOKENS)
    ]


@pytest.mark.parametrize(("fit", "formula", "constants"), LAWS)
def test_a_fit_foretells_what_its_law_made(fit, formula, constants):
    law = fit(points(formula, constants))
    for weights, tokens in product((3_000_000, 6_000_000), TOKENS):
        expected = formula(weights, tokens, *constants)
        assert law.loss(weights, tokens) == pytest.approx(expected, rel=2e-3)


def test_the_constants_are_those_of_the_law():
    found = fit_joint(points(joint, (1e10, 0.63 * 0.152, 5e9, 0.152)))
    assert found.exponents == pytest.approx((0.63, 1, 0.152))
    assert found.of_size == pytest.approx(1e10**0.63)
    assert found.of_data == pytest.approx(5e9)
    assert found.least == 0


@pytest.mark.parametrize(("fit", "formula", "constants"), LAWS)
def test_no_optimiser_finds_less_error(fit, formula, constants):
    optimize = pytest.importorskip("scipy.optimize", reason="scipy comes with the bench extra")
    noisy = points(formula, constants, noise=0.005)

    def errors(logarithms):
        found = [formula(point.weights, point.tokens, *np.exp(logarithms)) for point in noisy]
        return np.log(found) - np.log([point.loss for point in noisy])

    least = 2 * optimize.least_squares(errors, np.log(constants), xtol=1e-12, ftol=1e-12).cost
    law = fit(noisy)
    ours = sum(math.log(law.loss(point.weights, point.tokens) / point.loss) ** 2 for point in noisy)
    assert ours <= 1.01 * least


@pytest.mark.parametrize(("fit", "formula", "constants"), LAWS)
def test_a_size_is_foretold_without_looking_at_it(fit, formula, constants):
    """Were it fitted too, other losses of it would change what is foretold."""
    made = points(formula, constants)
    largest = [Point(p.weights, p.tokens, 1.25 * p.loss) for p in made[-len(TOKENS) :]]
    errors = error_without_largest(fit, made)
    assert errors == pytest.approx([0] * len(TOKENS), abs=2e-3)
    of_others = error_without_largest(fit, [*made[: -len(TOKENS)], *largest])
    assert of_others == pytest.approx([(1 + error) / 1.25 - 1 for error in errors])


def test_of_the_wrong_law_the_error_is_seen_on_as_many_sizes_as_are_left_out():
    errors = error_without_largest(fit_sum, points(joint, JOINT), sizes=2)
    assert len(errors) == 2 * len(TOKENS)
    assert max(map(abs, errors)) > 0.005


def test_laws_are_written_with_their_numbers():
    assert str(Law(1.5, 20, 300, (0.3, 0.4, 1.0))) == "L = 1.500 + 20·N^-0.30 + 300·D^-0.40"
    assert str(Law(0, 20, 300, (0.6, 1.0, 0.15))) == "L = (20·N^-0.60 + 300·D^-1.00)^0.150"


def test_a_trial_has_the_shape_of_the_dial_or_fewer_heads():
    dial = ModelConfig.from_depth(3, VOCABULARY, LENGTH)
    assert Trial(3, 2048, 0.02, 1).shape() == dial
    narrow = Trial(3, 2048, 0.02, 1, heads=2)
    assert (narrow.shape().layers, narrow.shape().width) == (3, 128)
    model = Transformer(narrow.shape())
    counted = sum(
        weight.numel() for name, weight in model.named_parameters() if "embed" not in name
    )
    assert narrow.weights() == counted
