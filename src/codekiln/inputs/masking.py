"""Which tokens an encoder is to guess, and what it is shown in their place (Devlin et al. 2019, §3.1).

What is random is a function of a seed, the row's number in the run and the place in the row, through a
generator that counts (Philox, Salmon et al. 2011): any run of rows is drawn at once and always alike.
"""

import numpy as np
import numpy.typing as npt

from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import MASK

SHARE = 0.15
MASKED, REPLACED = 0.8, 0.1  # of what is to be guessed; the rest is shown as it is

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Draws = npt.NDArray[np.float64]

_BLOCK = 4  # numbers that Philox makes of one counter


class Masking:
    """The draws of one seed, for the rows of one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, seed: int, *, whole_tokens: bool = False) -> None:
        """With `whole_tokens` the fragments of one word are chosen together.

        A word is a run of letters, digits and underscores, told by the bytes on both sides of a border:
        rows hold no syntax. It is what the grammar says, too: of the borders inside identifiers 99.7 %
        are so joined, inside keywords 95.5 %, inside numbers 89.9 % (1.5 is two words), and of 800,000
        between lexemes 3 (817 files, 14 languages). Strings and comments are taken word by word: nobody
        could guess a whole one.
        """
        self._seed, self._whole = seed, whole_tokens
        self.mask = tokenizer.special(MASK)
        pieces = [tokenizer.bytes_of(token) for token in range(tokenizer.vocabulary_size)]
        self._is_text = np.array([len(piece) > 0 for piece in pieces])
        self._text = np.flatnonzero(self._is_text)
        self._begins = np.array([_wordy(piece[:1]) for piece in pieces])
        self._ends = np.array([_wordy(piece[-1:]) for piece in pieces])

    def hide(self, ids: Ids, first: int) -> tuple[Ids, Flags]:
        """`ids [rows, T]` as a model sees them, and which of them it is to guess: 15 % of the text.

        Of the chosen ones 80 % are masked, 10 % replaced by one drawn evenly from all that are text, and
        10 % shown as they are. Control is never chosen. `first` is the number of the first row in the run.
        """
        choice, place, token = self._draws(ids, first)
        if self._whole:
            choice = np.take_along_axis(choice, self._word_starts(ids), axis=1)
        chosen = (choice < SHARE) & self._is_text[ids]
        masked = chosen & (place < MASKED)
        replaced = chosen & ~masked & (place < MASKED + REPLACED)
        other = self._text[(token * len(self._text)).astype(np.int64)]
        return np.where(masked, self.mask, np.where(replaced, other, ids)), chosen

    def _draws(self, ids: Ids, first: int) -> Draws:
        """Three numbers in [0, 1) for each token, `[3, rows, T]`."""
        rows, T = ids.shape
        blocks = -(-3 * T // _BLOCK)
        generator = np.random.Generator(np.random.Philox(key=self._seed, counter=first * blocks))
        flat = generator.random((rows, blocks * _BLOCK))[:, : 3 * T]
        return flat.reshape(rows, 3, T).swapaxes(0, 1)

    def _word_starts(self, ids: Ids) -> Ids:
        """The place of the first token of each token's word, `[rows, T]`."""
        joined = np.zeros(ids.shape, np.bool_)
        joined[:, 1:] = self._ends[ids[:, :-1]] & self._begins[ids[:, 1:]]
        places = np.where(joined, 0, np.arange(ids.shape[1]))
        return np.asarray(np.maximum.accumulate(places, axis=1), np.int64)


def _wordy(byte: bytes) -> bool:
    """Whether a byte may be of a word; those of other scripts are."""
    return byte.isalnum() or byte == b"_" or byte >= b"\x80"
