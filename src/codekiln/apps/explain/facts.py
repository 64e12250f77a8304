"""What is known of an answer, as plain values: every number is one that the run itself computed.

Text in here is as it can be shown: what hides or turns the direction of text has a stand-in. Whoever
sets it in a page still has to escape it.
"""

from dataclasses import dataclass
from typing import Literal

from codekiln.pipeline.report.heatmap import visible
from codekiln.tokenizer import Tokenizer

Expert = Literal["repository", "file"]
Fate = Literal["went on", "cut", "finished", "answer"]
# What a head looked at, a row for each token of an answer: a weight for each id in front; they sum to 1.
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Token:
    """An id and what it stands for: text, a control token's name, or the bytes of part of a character."""

    id: int
    text: str
    kind: Literal["text", "control", "bytes"] = "text"


@dataclass(frozen=True)
class Alternative:
    """A token that might have come: the network's logit, and probabilities in the model, mixed, allowed."""

    token: Token
    logit: float
    model: float
    mixed: float
    probability: float


@dataclass(frozen=True)
class Follower:
    """What came after a match: how often, and the probability that this voice gives it."""

    token: Token
    count: int
    probability: float


@dataclass(frozen=True)
class Voice:
    """One match: the last `length` tokens stand in an index `count` times; `share` is of the mixture."""

    expert: Expert
    length: int
    count: int
    share: float
    followers: tuple[Follower, ...]


@dataclass(frozen=True)
class Chosen:
    """One token of the answer. `repeats` are its bytes that only repeat the user's text.

    `model_share` is the model's part of the mixture, 1 where nothing matched. `read` ids were read in the
    step that gave its logits; 0: they had come with an earlier step, because a draft held.
    """

    token: Token
    repeats: int
    model: float
    mixed: float
    probability: float
    alternatives: tuple[Alternative, ...]
    model_share: float
    voices: tuple[Voice, ...]
    read: int


@dataclass(frozen=True)
class Part:
    """Milliseconds that one part of the work took."""

    name: str
    ms: float


@dataclass(frozen=True)
class Place:
    """Where a passage stands."""

    repository: str
    path: str
    line: int
    licence: str
    revision: str


@dataclass(frozen=True)
class Passage:
    """`text` is `shown[start:end]` of an explanation, and stands at `count` places, a few of them told."""

    text: str
    start: int
    end: int
    count: int
    flagged: bool
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Node:
    """A beginning that a search looked at: its parent's number (None: the prompt) and its last token.

    `logprob` is that of the whole beginning, `probability` that of the token alone.
    """

    parent: int | None
    token: Token
    logprob: float
    probability: float
    fate: Fate


@dataclass(frozen=True)
class BeamTree:
    """All beginnings of a beam search, parents first, and the answer with the number of its leaf."""

    width: int
    nodes: tuple[Node, ...]
    leaf: int
    text: str
    score: float


@dataclass(frozen=True)
class Explanation:
    """How an answer came about.

    `shown` begins with `before`, the cursor's line up to it, and goes on with what may be shown of the
    answer, of whose tokens it has the first `kept`; `written` is all text that the model wrote; `state` and
    `reason` are those of verification.
    """

    prefix: str
    suffix: str
    language: str
    path: str
    prompt: tuple[Token, ...]
    overlap: int
    chosen: tuple[Chosen, ...]
    kept: int
    written: str
    before: str
    shown: str
    state: str
    reason: str
    finish_reason: str
    passages: tuple[Passage, ...]
    parts: tuple[Part, ...]

    @property
    def ids(self) -> list[int]:
        """Of the prompt and then of the answer."""
        return [token.id for token in self.prompt] + [one.token.id for one in self.chosen]


def token_of(tokenizer: Tokenizer, token: int) -> Token:
    """An id as it can be shown; one without any meaning has its number."""
    piece = tokenizer.bytes_of(token) if token < tokenizer.vocabulary_size else b""
    if not piece:
        return Token(token, tokenizer.name_of(token), "control")
    try:
        return Token(token, visible(piece.decode()))
    except UnicodeDecodeError:
        return Token(token, piece.hex(" "), "bytes")
