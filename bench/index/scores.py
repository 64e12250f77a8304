"""How well each way of predicting did: tokens, nats, whole lines."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from bench.index.places import Place
from bench.index.reading import Floats
from codekiln.tokenizer import Tokenizer

BUCKETS = ((0, 0), (1, 3), (4, 7), (8, 11), (12, 64))  # lengths of the index's match, in tokens


System = Callable[[Place], Floats]


@dataclass
class Score:
    """Of one system: by place, then by line; `longest` is the line's longest match in the index."""

    right: list[bool] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    longest: list[int] = field(default_factory=list)

    def figures(self, least: int = 0, most: int = 64) -> dict[str, str]:
        """Accuracy and loss at places with a match of such a length, lines whose longest is one."""
        places = [least <= length <= most for length in self.length]
        lines = [least <= length <= most for length in self.longest]
        if not any(places):
            return {}
        found = {"accuracy": f"{np.mean(np.array(self.right)[places]):.3f}"}
        loss = float(np.mean(np.array(self.loss)[places]))
        found["loss"] = f"{loss:.3f}" if np.isfinite(loss) else "–"
        if any(lines):
            found["lines"] = f"{np.mean(np.array(self.whole)[lines]):.3f}"
        return found

    def size(self, least: int = 0, most: int = 64) -> dict[str, str]:
        """How many tokens and lines that are."""
        tokens, lines = (
            sum(least <= length <= most for length in found)
            for found in (self.length, self.longest)
        )
        return {"tokens": f"{tokens:,}", "lines in all": f"{lines:,}"}


def score(
    lines: Iterable[list[Place]], systems: Mapping[str, System], tokenizer: Tokenizer
) -> dict[str, Score]:
    """Every system at every place. Greedy decoding gives a line if each of its tokens is the likeliest."""
    scores: dict[str, Score] = defaultdict(Score)
    same = line_ends(tokenizer)
    for line in lines:
        lengths = [place.matches["repository"].length for place in line]
        for name, system in systems.items():
            of, whole = scores[name], True
            for place, length in zip(line, lengths, strict=True):
                logits = system(place)
                best = int(logits.argmax())
                of.right.append(best == place.token)
                of.loss.append(-float(logits[place.token]))
                of.length.append(length)
                whole &= best == place.token or bool(place.ends and same[best] == same[place.token])
            of.whole.append(whole)
            of.longest.append(max(lengths))
    return dict(scores)


def line_ends(tokenizer: Tokenizer) -> npt.NDArray[np.int64]:
    """For each id the first that is the same up to its line end: what comes after is another line."""
    first: dict[bytes, int] = {}
    classes = np.arange(tokenizer.vocabulary_size)
    for token in range(tokenizer.vocabulary_size):
        head, end, _ = tokenizer.bytes_of(token).partition(b"\n")
        if end:
            classes[token] = first.setdefault(head, token)
    return classes


def join(parts: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    """The scores of several sets of lines as one."""
    return {
        name: Score(
            *(
                [value for part in parts for value in getattr(part[name], entry.name)]
                for entry in fields(Score)
            )
        )
        for name in parts[0]
    }
