"""Which copies stay, against a slow reading of the rule."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus.select.documents import Figures
from codekiln.corpus.select.survivors import (
    Verdict,
    best_copies,
    cap_repositories,
    equal_clusters,
    joined,
)

row = st.tuples(
    st.integers(0, 6),  # content
    st.integers(0, 3),  # clearness
    st.integers(0, 2),  # time
    st.integers(0, 2),  # repository
)


def figures(rows):
    return Figures(
        sha256=np.array([bytes([65 + content]) * 16 for content, *_ in rows], "S16"),
        bytes=np.array([10 + content for content, *_ in rows], np.int64),
        clearness=np.array([clear for _, clear, _, _ in rows], np.int8),
        time=np.array([time for _, _, time, _ in rows], np.int64),
        repository=np.array([repository for *_, repository in rows], np.int32),
    )


def slow_clusters(rows):
    """Contents 0, 1 and 2 are alike, and so are 3 and 4; 5 and 6 stand alone."""
    kinds = [0 if content < 3 else 3 if content < 5 else content for content, *_ in rows]
    return [kinds.index(kind) for kind in kinds]


def slow_verdicts(rows, copies):
    clusters = slow_clusters(rows)
    verdicts, best = [None] * len(rows), [None] * len(rows)
    for cluster in set(clusters):
        members = [i for i in range(len(rows)) if clusters[i] == cluster]
        members.sort(key=lambda i: (rows[i][1], -rows[i][2], -rows[i][0], i))
        stay = []
        for i in members:
            if len(stay) < copies and rows[i][0] not in [rows[j][0] for j in stay]:
                stay.append(i)
        for i in members:
            best[i] = members[0]
            same = any(rows[i][0] == rows[j][0] for j in stay)
            verdicts[i] = (
                Verdict.KEPT if i in stay else Verdict.DUPLICATE if same else Verdict.NEAR_DUPLICATE
            )
    return verdicts, best


@settings(deadline=None)
@given(st.lists(row, min_size=1, max_size=25), st.integers(1, 3))
def test_the_best_copies_are_those_of_the_slow_rule(rows, copies):
    known = figures(rows)
    equal = equal_clusters(known)
    contents = [content for content, *_ in rows]
    assert equal.tolist() == [contents.index(content) for content in contents]
    verdicts, best = best_copies(known, equal, np.array(slow_clusters(rows)), copies)
    expected, expected_best = slow_verdicts(rows, copies)
    assert verdicts.tolist() == expected
    assert best.tolist() == expected_best


def test_equal_texts_that_are_too_short_to_be_alike_are_still_one():
    equal, near = np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2])
    assert joined(equal, near).tolist() == [0, 0, 2, 2]


@settings(deadline=None)
@given(st.lists(row, max_size=25), st.integers(1, 60))
def test_no_repository_is_over_its_cap(rows, most):
    known = figures(rows)
    verdicts = np.full(len(rows), Verdict.KEPT, np.int8)
    verdicts[::5] = Verdict.DUPLICATE
    before = verdicts.copy()
    cap_repositories(known, verdicts, most)
    for repository in range(3):
        mine = [i for i in range(len(rows)) if rows[i][3] == repository and before[i] == 0]
        mine.sort(key=lambda i: (rows[i][0], i))
        total = 0
        for i in mine:
            total += 10 + rows[i][0]
            assert verdicts[i] == (Verdict.KEPT if total <= most else Verdict.REPOSITORY_CAP)
    assert (verdicts[::5] == Verdict.DUPLICATE).all()
