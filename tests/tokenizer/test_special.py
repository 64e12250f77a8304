"""The special tokens are the same for every model, and need no corpus to be known."""

from codekiln.corpus.domains import DOMAINS as RULES
from codekiln.tokenizer.special import DOMAINS, SPECIAL_TOKENS


def test_the_domains_are_those_of_the_rules():
    assert DOMAINS == RULES


def test_no_token_is_listed_twice():
    assert len(set(SPECIAL_TOKENS)) == len(SPECIAL_TOKENS) == 30
