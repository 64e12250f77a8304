"""A witness that keeps what a page can show of each choice, so that no distribution has to be kept.

Its clock stands still while it works itself.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from codekiln.apps.explain.facts import (
    Alternative,
    Chosen,
    Expert,
    Follower,
    Token,
    Voice,
    token_of,
)
from codekiln.generate import Logits
from codekiln.generate.search import Hypothesis
from codekiln.generate.search.hypotheses import Partial
from codekiln.generate.witness import Choice
from codekiln.index import Match, Mixture
from codekiln.tokenizer import Tokenizer

ALTERNATIVES = 8
EXPERTS: tuple[Expert, ...] = ("repository", "file")


class Recorder:
    """Implements `Witness` for one answer, from the moment it is made."""

    def __init__(
        self, tokenizer: Tokenizer, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """`clock` gives seconds."""
        self.tokenizer = tokenizer
        self.prompt: list[int] = []
        self.overlap = 0
        self.chosen_tokens: list[Chosen] = []
        self.expansions: list[tuple[list[Partial], list[Hypothesis]]] = []
        self.answer: Hypothesis | None = None
        self.milliseconds: defaultdict[str, float] = defaultdict(float)
        self._clock, self._since = clock, clock()
        self._heard: tuple[Mixture, Sequence[Match]] | None = None
        self._read = self._written = 0

    def begins(self, prompt: Sequence[int], overlap: int) -> None:
        """Keep the prompt."""
        self._took("prompt")
        self.prompt, self.overlap = list(prompt), overlap
        self._since = self._clock()

    def read(self, ids: int) -> None:
        """Count the ids of a step."""
        self._took("writing" if self.chosen_tokens else "reading")
        self._read = ids
        self._since = self._clock()

    def matched(self, mixture: Mixture, matches: Sequence[Match]) -> None:
        """Keep the matches for the token that is chosen next."""
        self._took("index")
        self._heard = mixture, matches
        self._since = self._clock()

    def chosen(self, choice: Choice) -> None:
        """Keep what can be shown of it."""
        self._took("choice")
        model, mixed, bounded = map(_Distribution, (choice.model, choice.mixed, choice.bounded))
        model_share, voices = self._voices(choice.model)
        token = self._token(choice.token)
        size = len(self.tokenizer.bytes_of(choice.token))
        one = Chosen(
            token,
            min(size, max(self.overlap - self._written, 0)),
            model.of(choice.token),
            mixed.of(choice.token),
            bounded.of(choice.token),
            tuple(
                Alternative(
                    self._token(id),
                    float(choice.model[id]),
                    model.of(id),
                    mixed.of(id),
                    bounded.of(id),
                )
                for id in bounded.best(ALTERNATIVES)
            ),
            model_share,
            voices,
            self._read,
        )
        self.chosen_tokens.append(one)
        self._written += size
        self._read, self._heard = 0, None
        self._since = self._clock()

    def expanded(self, going: Sequence[Partial], finished: Sequence[Hypothesis]) -> None:
        """Keep the beginnings."""
        self._took("search")
        self.expansions.append((list(going), list(finished)))
        self._since = self._clock()

    def settled(self, answer: Hypothesis) -> None:
        """Keep the answer."""
        self._took("search")
        self.answer = answer
        self._since = self._clock()

    def _took(self, part: str) -> None:
        self.milliseconds[part] += 1000 * (self._clock() - self._since)

    def _token(self, token: int) -> Token:
        return token_of(self.tokenizer, token)

    def _voices(self, logits: Logits) -> tuple[float, tuple[Voice, ...]]:
        """The model's share of the mixture, and the matches that had a say."""
        if self._heard is None:
            return 1.0, ()
        mixture, matches = self._heard
        _, voices, shares = mixture.hear(logits, matches)
        told = zip(EXPERTS, matches, voices, shares[1:], strict=True)
        return shares[0], tuple(
            Voice(
                expert,
                match.length,
                match.count,
                share,
                self._followers(match, said.probabilities),
            )
            for expert, match, said, share in told
            if said is not None
        )

    def _followers(
        self, match: Match, probabilities: npt.NDArray[np.float64]
    ) -> tuple[Follower, ...]:
        order = np.argsort(-probabilities, kind="stable")[:ALTERNATIVES].tolist()
        return tuple(
            Follower(
                self._token(int(match.followers[n])), int(match.counts[n]), float(probabilities[n])
            )
            for n in order
        )


class _Distribution:
    """Probabilities out of logits, only of those that are asked for."""

    def __init__(self, logits: Logits) -> None:
        self._logits, best = logits, float(logits.max())
        terms = np.exp(logits - np.float32(best))
        self._total = best + float(np.log(terms.sum(dtype=np.float64)))

    def of(self, token: int) -> float:
        return float(np.exp(float(self._logits[token]) - self._total))

    def best(self, n: int) -> list[int]:
        """The likeliest ids, of equals the lower one; none that is forbidden."""
        places = np.argpartition(-self._logits, min(n, len(self._logits)) - 1)[:n]
        least = self._logits[places].min()
        ids = np.flatnonzero((self._logits >= least) & (self._logits > -np.inf))
        order = np.argsort(-self._logits[ids], kind="stable")[:n]
        return [int(token) for token in ids[order]]
