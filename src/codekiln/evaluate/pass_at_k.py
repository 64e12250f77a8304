"""pass@k: how likely one of k answers is right, estimated from n (Chen et al. 2021, section 2.1)."""

from math import comb

from codekiln.errors import UsageError


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The share of the choices of k samples that hold one that passed: 1 − C(n − c, k) / C(n, k).

    Its mean over all draws of n samples is the true pass@k, which 1 − (1 − c/n)^k underestimates.

    >>> pass_at_k(samples=4, passed=2, k=1), pass_at_k(samples=4, passed=2, k=2)
    (0.5, 0.8333333333333334)

    Raises:
        UsageError: k is not in 1 … samples.
        ValueError: more passed than there are.
    """
    if not 1 <= k <= samples:
        raise UsageError(
            f"pass@{k} needs {k} samples of a problem or more, not {samples}: raise --samples."
        )
    if not 0 <= passed <= samples:
        raise ValueError(f"{passed} of {samples} samples cannot have passed")
    return 1 - comb(samples - passed, k) / comb(samples, k)
