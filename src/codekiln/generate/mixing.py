"""The index and the open file at work in the decoding loop: what they say of a context, mixed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from codekiln.generate.engine import Logits
from codekiln.generate.witness import Witness
from codekiln.index import Matcher
from codekiln.index.mix import Mixture


@dataclass(frozen=True)
class Mixing:
    """Implements `decoding.Mixer`. The matchers are those the mixture was fitted for, in that order."""

    mixture: Mixture
    matchers: tuple[Matcher, ...]
    witness: Witness | None = None

    def __call__(self, logits: Logits, context: Sequence[int]) -> Logits:
        """The logarithm of the mixed distribution `[vocab]`; what is at -inf stays there."""
        matches = [matcher.match(context) for matcher in self.matchers]
        if self.witness:
            self.witness.matched(self.mixture, matches)
        return self.mixture(logits, matches)
