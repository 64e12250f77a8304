"""Does a document hold an item of a benchmark? StarCoder 2's question (§2.6), and n-gram overlap.

A passage is in a document if half of its n-grams are. Tokens know no white space, so this finds what
holds a passage exactly, or white space apart, and also what changed a little: then all of its n-grams
are there, or nearly all. Half of a short passage is everyday code (`for i in range(len(…)):`), so
that one must be there whole, white space apart; and a shorter one yet is no evidence at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from codekiln.corpus.contamination.ngrams import NgramIndex, Numbers
from codekiln.corpus.contamination.passages import Passage, humaneval, read
from codekiln.corpus.duplicates import token_hashes
from codekiln.corpus.secrets import redact
from codekiln.errors import SourceError

SHORTEST, SHORT = 20, 32  # code tokens: below SHORTEST nothing, below SHORT only all of it
OVERLAP = 0.5  # in 40 MB of the standard library and packages nothing is above 0.31


@dataclass(frozen=True)
class Benchmarks:
    """The passages of all benchmarks. It can be pickled."""

    index: NgramIndex
    names: tuple[str, ...]
    whole: tuple[str, ...]  # of a short passage, its text without white space; of others, ""

    @classmethod
    def load(cls, paths: Sequence[Path] = ()) -> Self:
        """HumanEval, and the files that a user names.

        Raises:
            SourceError: a file is missing, damaged, or without a text that is long enough.
        """
        texts = _tokenised(humaneval())
        for path in paths:
            more = _tokenised(read(path))
            if not more:
                raise SourceError(
                    f"The benchmark {path} holds no text of {SHORTEST} tokens or more: leave it out."
                )
            for text, item in more.items():
                texts.setdefault(text, item)  # what is known already keeps its name
        names, tokens = zip(*texts.values(), strict=True)
        whole = (text if len(words) < SHORT else "" for text, (_, words) in texts.items())
        return cls(NgramIndex.of(tokens), names, tuple(whole))

    def match(self, text: str, tokens: Numbers) -> str:
        """The item of which a document holds most, such as `"HumanEval/12"`; `""` if none.

        Its secrets are placeholders already; `tokens` are its `token_hashes`.
        """
        shares = self.index.shares(tokens)
        near = sorted((-share, place) for place, share in shares.items() if share >= OVERLAP)
        for _, place in near:
            if not self.whole[place] or self.whole[place] in _squeeze(text):
                return self.names[place]
        return ""


def _tokenised(passages: Iterable[Passage]) -> dict[str, tuple[str, Numbers]]:
    """Name and tokens of each passage that is long enough, by its text without white space.

    Placeholders stand for its secrets, as they do in the documents that it is looked for in.
    """
    texts: dict[str, tuple[str, Numbers]] = {}
    for passage in passages:
        text = redact(passage.text).text
        tokens = token_hashes(text)
        if len(tokens) >= SHORTEST:
            texts.setdefault(_squeeze(text), (passage.name, tokens))
    return texts


def _squeeze(text: str) -> str:
    return "".join(text.split())
