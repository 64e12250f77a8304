"""A file on its way through the rules."""

import pytest

from codekiln.corpus.filters import Candidate, Rules
from codekiln.languages import language_of


@pytest.fixture
def verdict():
    """The answer of one rule on a text under a name, as (kept, reason)."""

    def ask(rule, path, text, rules=None, **facts):
        candidate = Candidate(
            path, language=language_of(path), raw=text.encode(), text=text, **facts
        )
        answer = rule(candidate, rules or Rules())
        assert answer.keep == (not answer.reason)
        return answer.reason or "kept"

    return ask
