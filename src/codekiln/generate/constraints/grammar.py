"""Answers in a formal language: the JSON that a schema allows.

The language becomes a mask over our ids: whatever the model wants, what comes out belongs to it, unless
`max_tokens` cuts it. The parser is llguidance's, from the extra `grammar`.
"""

from typing import TYPE_CHECKING

import numpy as np

from codekiln.errors import MissingExtraError, UsageError
from codekiln.generate.constraints.constraint import Mask
from codekiln.generate.constraints.json_schema import grammar_of
from codekiln.tokenizer import Tokenizer

if TYPE_CHECKING:
    from llguidance import LLMatcher


class GrammarCompiler:
    """Makes constraints for one tokenizer; its ids are read once (0.2 s for 49,152 of them)."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Raises MissingExtraError: llguidance is not installed."""
        try:
            from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
        except ImportError:
            raise MissingExtraError("grammar", "Bounding an answer by a grammar") from None
        self._ids, self._matcher = _Ids(tokenizer), LLMatcher
        self._table = LLTokenizer(TokenizerWrapper(self._ids))

    def json_schema(self, schema: str) -> "GrammarConstraint":
        """JSON that a schema allows, on one line; `schema` is JSON text itself.

        Raises:
            UsageError: as `grammar_of`.
        """
        matcher = self._matcher(self._table, grammar_of(schema), log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        return GrammarConstraint(self._ids, matcher)


class GrammarConstraint:
    """Implements `Constraint` with a parser that has read the tokens so far."""

    def __init__(self, ids: "_Ids", matcher: "LLMatcher") -> None:
        self._ids, self._matcher = ids, matcher

    @property
    def overlap(self) -> int:
        """None: such an answer begins with nothing of the user's."""
        return 0

    @property
    def finished(self) -> bool:
        """Whether what was generated is whole, so that an end may come next, or has come."""
        return self._matcher.is_accepting()

    def allowed(self) -> Mask:
        """`[vocabulary_size]`: text with which the answer can become whole, and ends where it is.

        Raises:
            UsageError: the parser gave up, or the vocabulary lacks what has to come next.
        """
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        mask = np.unpackbits(bits, count=self._ids.text.size, bitorder="little").astype(np.bool_)
        mask &= self._ids.text
        mask[self._ids.ends] = self.finished
        if not mask.any():
            reason = " ".join(self._matcher.get_error().split()) or "no token can come next"
            raise UsageError(f"The grammar cannot be followed ({reason}): make it simpler.")
        return mask

    def advance(self, token: int) -> None:
        """Read a token that was allowed; of the end the parser is not told."""
        if token not in self._ids.ends:
            read = self._matcher.consume_token(token)
            assert read, self._matcher.get_error()

    def copy(self) -> "GrammarConstraint":
        """A parser of its own in the same state."""
        return GrammarConstraint(self._ids, self._matcher.deep_copy())


class _Ids:
    """A tokenizer as llguidance asks for one, and as masks."""

    bos_token_id = None

    def __init__(self, tokenizer: Tokenizer) -> None:
        ids = range(tokenizer.vocabulary_size)
        self.eos_token_id = tokenizer.stop
        self.tokens = [tokenizer.bytes_of(token) for token in ids]
        self.special_token_ids = [token for token in ids if token not in tokenizer.text_ids]
        self.ends = sorted(tokenizer.ends)
        self.text = np.isin(ids, list(tokenizer.text_ids))
        self._tokenizer = tokenizer

    def __call__(self, text: str) -> list[int]:
        return self._tokenizer.encode(text)
