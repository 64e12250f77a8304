"""The mixture against a dense computation of its formula, and its fit against known weights."""

import json
from dataclasses import replace

import numpy as np
import pytest

from codekiln.errors import UsageError
from codekiln.index import NO_MATCH, Match
from codekiln.index.fit import Observations, fit_lines, fit_loss, observe
from codekiln.index.mix import EVIDENCE, EXPERTS, Mixture, default_mixture

VOCABULARY = 50
NONE = (NO_MATCH, NO_MATCH)


def random_match(generator: np.random.Generator, vocabulary: int = VOCABULARY) -> Match:
    followers = np.sort(generator.choice(vocabulary, generator.integers(1, 6), replace=False))
    counts = generator.integers(1, 9, len(followers))
    return Match(int(generator.integers(1, 20)), int(counts.sum()), followers, counts)


def random_logits(generator: np.random.Generator, vocabulary: int = VOCABULARY) -> np.ndarray:
    return generator.normal(scale=3, size=vocabulary).astype(np.float32)


def mixture(generator: np.random.Generator) -> Mixture:
    weights = generator.normal(size=(len(EXPERTS), len(EVIDENCE)))
    return Mixture(tuple(map(tuple, weights.tolist())))


def dense(weights: Mixture, logits: np.ndarray, matches: tuple[Match, Match]) -> np.ndarray:
    """The mixed probabilities, with every distribution over the whole vocabulary."""
    model = np.exp(logits.astype(np.float64))
    model /= model.sum()
    gates, experts = [1.0], [model]
    for row, match in zip(weights.weights, matches, strict=True):
        shares = np.zeros(len(model))
        shares[match.followers] = match.counts / max(1, match.counts.sum())
        mean = np.sqrt(shares * model)
        if match.length == 0 or mean.sum() == 0:
            continue
        evidence = {
            "bias": 1,
            "length": np.log(match.length),
            "count": np.log(match.count),
            "top share": np.log(shares.max()),
            "mass": np.log(max(1e-6, model[match.followers].sum())),
            "model's top": np.log(model.max()),
        }
        evidence["length × mass"] = evidence["length"] * evidence["mass"]
        gates.append(np.exp(sum(w * evidence[name] for w, name in zip(row, EVIDENCE, strict=True))))
        experts.append(mean / mean.sum())
    return np.average(experts, axis=0, weights=gates)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_dense_formula(seed: int) -> None:
    generator = np.random.default_rng(seed)
    weights, logits = mixture(generator), random_logits(generator)
    matches = (random_match(generator), random_match(generator))
    for given in (matches, (matches[0], NO_MATCH), (NO_MATCH, matches[1])):
        mixed = weights(logits, given)
        assert mixed.dtype == np.float32
        np.testing.assert_allclose(
            np.exp(mixed), dense(weights, logits, given), rtol=1e-4, atol=1e-9
        )
        assert np.exp(mixed.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)


def test_the_logits_given_are_left_as_they_are() -> None:
    generator = np.random.default_rng(0)
    logits = random_logits(generator)
    before = logits.copy()
    mixture(generator)(logits, (random_match(generator), random_match(generator)))
    np.testing.assert_array_equal(logits, before)


def test_without_a_match_the_distribution_is_the_models() -> None:
    logits = random_logits(np.random.default_rng(1))
    mixed = default_mixture()(logits, NONE)
    np.testing.assert_allclose(mixed - mixed.max(), logits - logits.max(), atol=1e-5)


def test_what_is_masked_stays_masked_and_the_rest_sums_to_one() -> None:
    generator = np.random.default_rng(2)
    logits = random_logits(generator)
    logits[10:] = -np.inf
    match = Match(8, 4, np.array([3, 20]), np.array([1, 3]))
    mixed = default_mixture()(logits, (match, NO_MATCH))
    assert np.isneginf(mixed[10:]).all()
    assert np.exp(mixed[:10]).sum() == pytest.approx(1, abs=1e-5)
    assert mixed[3] > logits[3] - np.log(np.exp(logits[:10]).sum())  # all that is left of the match


def test_a_match_of_which_all_is_masked_says_nothing() -> None:
    logits = random_logits(np.random.default_rng(3))
    logits[10:] = -np.inf
    masked = Match(8, 4, np.array([20, 30]), np.array([1, 3]))
    weights = default_mixture()
    np.testing.assert_array_equal(weights(logits, (masked, NO_MATCH)), weights(logits, NONE))


def test_a_long_unanimous_match_is_trusted_more_than_a_short_one() -> None:
    logits = np.zeros(1000, np.float32)
    short, long = (Match(length, 3, np.array([7]), np.array([3])) for length in (1, 16))
    weights = default_mixture()
    gains = [
        weights(logits, (match, NO_MATCH))[7] - weights(logits, NONE)[7] for match in (short, long)
    ]
    assert 0 < gains[0] < gains[1]
    assert np.exp(weights(logits, (long, NO_MATCH))[7]) > 0.2


def drawn(
    known: Mixture | None, lines: int, seed: int, *, shuffled: bool = False, length: int = 8
) -> Observations:
    """Tokens drawn from a mixture with known weights, or from the model; `shuffled` matches are noise."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(lines):
        line = []
        for _ in range(length):
            logits = random_logits(generator)
            matches = (random_match(generator), random_match(generator))
            mixed = known(logits, matches) if known else logits
            p = np.exp(mixed.astype(np.float64) - mixed.max())
            token = int(generator.choice(VOCABULARY, p=p / p.sum()))
            if shuffled:
                matches = (random_match(generator), random_match(generator))
            line.append(observe(logits, matches, token))
        found.append(line)
    return Observations.of_lines(found)


KNOWN = Mixture(((-1.0, 0.8, 0.3, 0.5, 0.2, 0.1, -0.3), (-2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0)))


def test_known_weights_are_found_again() -> None:
    seen, unseen = drawn(KNOWN, 400, 0), drawn(KNOWN, 150, 1)
    fitted = fit_loss(seen)
    best = unseen.loss(KNOWN.weights)
    assert unseen.loss(fitted.weights) - best < 0.01
    assert unseen.loss(((0.0,) * 7,) * 2) - best > 0.03  # what an unfitted one would lose
    shares, wanted = (unseen.shares(weights.weights) for weights in (fitted, KNOWN))
    assert np.abs(shares - wanted).mean() < 0.05


def test_no_other_weights_have_less_loss() -> None:
    seen = drawn(KNOWN, 100, 2)
    fitted = np.array(fit_loss(seen).weights)
    generator = np.random.default_rng(0)

    def penalised(weights: np.ndarray) -> float:
        return seen.loss(weights) + 1e-4 * float((weights**2).sum())

    least = penalised(fitted)
    for _ in range(50):
        assert penalised(fitted + generator.normal(scale=0.05, size=fitted.shape)) > least


def test_matches_that_tell_nothing_get_no_weight() -> None:
    seen = drawn(None, 200, 3, shuffled=True)
    shares = seen.shares(fit_loss(seen).weights)
    assert shares[:, 1:].mean() < 0.02
    telling = drawn(KNOWN, 100, 3)
    assert telling.shares(fit_loss(telling).weights)[:, 1:].mean() > 0.2


def test_the_fit_is_the_same_each_time() -> None:
    assert fit_loss(drawn(KNOWN, 50, 4)) == fit_loss(drawn(KNOWN, 50, 4))


def whole(seen: Observations, weights: Mixture) -> float:
    """Lines whose every token is the likeliest, place by place."""
    shares = seen.shares(weights.weights)
    right = []
    for place in range(len(seen)):
        rivals = seen.rivals[seen.of == place] @ shares[place]
        right.append(seen.truth[place] @ shares[place] > rivals.max())
    return float(np.mean([all(np.array(right)[seen.line == n]) for n in range(seen.line[-1] + 1)]))


def test_fitted_on_lines_more_of_them_are_whole() -> None:
    trusted = Mixture(((4.0, *(0.0,) * 6), (-6.0, *(0.0,) * 6)))
    seen, unseen = drawn(trusted, 150, 5, length=2), drawn(trusted, 150, 6, length=2)
    start = Mixture(((-1.0, *(0.0,) * 6),) * 2)
    fitted = fit_lines(seen, start)
    assert whole(seen, fitted) > whole(seen, start) + 0.05
    assert whole(unseen, fitted) > whole(unseen, start) + 0.05


def test_rivals_are_all_that_could_be_ahead() -> None:
    generator = np.random.default_rng(6)
    for _ in range(50):
        logits, matches = (
            random_logits(generator),
            (random_match(generator), random_match(generator)),
        )
        token = int(generator.integers(VOCABULARY))
        weights = mixture(generator)
        seen = Observations.of_lines([[observe(logits, matches, token)]])
        mixed = dense(weights, logits, matches)
        assert np.exp(-seen.loss(weights.weights)) == pytest.approx(mixed[token], rel=1e-4)
        assert whole(seen, weights) == (mixed.argmax() == token)


def test_observations_joined_are_those_of_all_lines() -> None:
    first, second = drawn(KNOWN, 3, 7), drawn(KNOWN, 4, 8)
    both = Observations.join([first, second])
    assert len(both) == len(first) + len(second)
    assert both.line[-1] == 6
    joint = (
        first.loss(KNOWN.weights) * len(first) + second.loss(KNOWN.weights) * len(second)
    ) / len(both)
    assert both.loss(KNOWN.weights) == pytest.approx(joint)
    assert whole(both, KNOWN) == pytest.approx(
        (3 * whole(first, KNOWN) + 4 * whole(second, KNOWN)) / 7
    )


def test_json_gives_the_mixture_back() -> None:
    written = replace(KNOWN, provenance={"tokens": 5}).to_json()
    read = Mixture.from_json(written)
    assert read == KNOWN
    assert read.provenance == {"tokens": 5}


@pytest.mark.parametrize("objective", ["loss", "lines"])
def test_the_weights_that_come_along_say_what_they_were_fitted_on(objective) -> None:
    provenance = default_mixture(objective).provenance
    assert provenance["objective"] == objective
    assert provenance["tokens"] > 10_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:40],
        lambda text: "[]",
        lambda text: "null",
        lambda text: text.replace('"file"', '"folder"'),
        lambda text: text.replace('"count"', '"colour"'),
        lambda text: text.replace("-0.3", "NaN"),
        lambda text: text.replace("-0.3", '"much"'),
        lambda text: json.dumps({"weights": {"repository": 1, "file": 2}}),
    ],
)
def test_a_damaged_file_is_refused(damage) -> None:
    with pytest.raises(UsageError, match="fit them anew"):
        Mixture.from_json(damage(KNOWN.to_json()))
