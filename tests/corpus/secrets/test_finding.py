"""Of two findings that overlap one stays: the one of the lower rank."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.secrets.finding import Finding, without_overlaps

FINDINGS = st.lists(
    st.builds(
        lambda start, length, rank: Finding(start, start + length, "KEY", rank),
        st.integers(0, 40),
        st.integers(1, 20),
        st.integers(-1, 9),
    )
)


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([(0, 4, 1), (4, 8, 0)], [(0, 4), (4, 8)]),
        ([(0, 4, 1), (3, 8, 0)], [(3, 8)]),
        ([(0, 4, 0), (3, 8, 1)], [(0, 4)]),
        ([(0, 9, 5), (2, 4, 1)], [(2, 4)]),
        ([(0, 9, 1), (2, 4, 5)], [(0, 9)]),
        ([(0, 4, 3), (0, 4, 2)], [(0, 4)]),
        ([(0, 4, 3), (0, 6, 2), (5, 9, 1)], [(5, 9)]),
        ([], []),
    ],
)
def test_the_lower_rank_stays(
    spans: list[tuple[int, int, int]], kept: list[tuple[int, int]]
) -> None:
    found = [Finding(start, stop, "KEY", rank) for start, stop, rank in spans]
    for order in (found, found[::-1]):
        assert [(finding.start, finding.end) for finding in without_overlaps(order)] == kept


@given(FINDINGS)
def test_they_are_in_order_and_apart(findings: list[Finding]) -> None:
    kept = without_overlaps(findings)
    assert set(kept) <= set(findings)
    assert all(one.end <= other.start for one, other in pairwise(kept))
    if findings:
        lowest = min(finding.rank for finding in findings)
        assert any(finding.rank == lowest for finding in kept)


@given(FINDINGS)
def test_what_overlaps_nothing_stays(findings: list[Finding]) -> None:
    kept = without_overlaps(findings)
    for finding in findings:
        others = [other for other in findings if other is not finding]
        if all(other.end <= finding.start or finding.end <= other.start for other in others):
            assert finding in kept
