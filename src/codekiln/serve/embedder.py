"""Texts to vectors, for search in an editor: an encoder of ours, where the server was given one."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from codekiln.device import require_torch
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.turns import Turns

if TYPE_CHECKING:
    from codekiln.model.encoder import Encoder


@dataclass(frozen=True)
class Embedded:
    """Vectors of length 1, `[texts, width]`, and how many tokens were read."""

    vectors: npt.NDArray[np.float32]
    tokens: int


class Embedder(Protocol):
    """Anything that makes vectors."""

    @property
    def name(self) -> str:
        """By which it is asked for."""

    def embed(self, texts: Sequence[str], cancelled: threading.Event | None = None) -> Embedded:
        """A vector for each text, which is cut where it is longer than can be read.

        Where `cancelled` is set before they are begun, they have no numbers.
        """


class EncoderEmbedder:
    """An encoder of ours; any thread may ask, and one is answered at a time."""

    def __init__(self, name: str, encoder: "Encoder") -> None:
        self.name, self._encoder = name, encoder
        self._turns = Turns()

    def embed(self, texts: Sequence[str], cancelled: threading.Event | None = None) -> Embedded:
        """As `Embedder`. Raises UsageError: a text is none of Unicode's."""
        ids = [self._encoder.tokenizer.encode(text) for text in texts]
        with self._turns.turn(Interrupt(cancelled=cancelled)) as reason:
            if reason:
                return Embedded(np.zeros((len(texts), 0), np.float32), 0)
            vectors = self._encoder.embed(ids)
        return Embedded(vectors, sum(min(len(one) + 2, self._encoder.context) for one in ids))


def load_embedder(folder: Path) -> EncoderEmbedder:
    """The encoder that `codekiln run` left in a folder, by whose name it is asked for.

    Raises:
        MissingExtraError: torch is not installed.
        ArtifactError: the folder is no finished artifact, or a file in it is damaged.
        ModelError: it holds no encoder.
    """
    require_torch("Running an encoder")
    from codekiln.model.encoder import load_encoder

    return EncoderEmbedder(folder.resolve().name, load_encoder(folder))
