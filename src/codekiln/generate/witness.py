"""What is told of an answer while it comes about, to whoever wants to show how. It changes nothing.

The calls come from the thread that writes the answer, each right after what it tells of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a machine that only trains has no libraries of an index
    from codekiln.generate.engine import Logits
    from codekiln.generate.search.hypotheses import Hypothesis, Partial
    from codekiln.index import Match, Mixture


@dataclass(frozen=True)
class Choice:
    """How one token was chosen: three distributions as logits `[vocab]`, each made of the one before.

    `model`: as the network gave it, control at -inf that is never generated. `mixed`: with what the
    matches say. `bounded`: what a constraint leaves of it; from this one `token` was chosen.
    """

    model: "Logits"
    mixed: "Logits"
    bounded: "Logits"
    token: int


class Witness(Protocol):
    """Told of one answer. None of the arrays may be changed; they hold as long as the call."""

    def begins(self, prompt: Sequence[int], overlap: int) -> None:
        """What will be read; the first `overlap` bytes of the answer are text of the user's again."""

    def read(self, ids: int) -> None:
        """The engine has read so many more ids, in one step."""

    def matched(self, mixture: "Mixture", matches: Sequence["Match"]) -> None:
        """What is mixed into the model's distribution for the token that is chosen next, and how."""

    def chosen(self, choice: Choice) -> None:
        """One more token."""

    def expanded(self, going: Sequence["Partial"], finished: Sequence["Hypothesis"]) -> None:
        """A search has taken a step: the beams that go on, and those that finished in it."""

    def settled(self, answer: "Hypothesis") -> None:
        """A search has its answer."""
