"""Every place of new lines with what is known there: the model's logits, and matches of the context."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.index.reading import Floats, Passage, Reader
from bench.index.versions import Pair
from codekiln.index import CAP, Index, Match
from codekiln.index.fit import Observations, observe

CHUNK = 256  # places whose logits are in memory together


@dataclass(frozen=True)
class Place:
    """A token of a new line; `log_p [vocab]` are the model's logarithms before it."""

    token: int
    log_p: Floats
    matches: Mapping[str, Match]  # by the index's name, and "file" for the open file
    ends: bool  # whether the line ends here

    def of(self, index: str) -> tuple[Match, Match]:
        """The matches of one index and of the open file."""
        return self.matches[index], self.matches["file"]


def index_of(reader: Reader, pair: Pair) -> Index:
    """The older version, file by file."""
    return Index.of(reader.tokenizer, reader.tokenizer.encode_batch(list(pair.known.values())))


def permuted(reader: Reader, pair: Pair) -> Index:
    """The same tokens in random order, in files as long."""
    files = reader.tokenizer.encode_batch(list(pair.known.values()))
    ids = np.random.default_rng(0).permutation(np.concatenate(files).astype(np.int64))
    cuts = np.cumsum([len(file) for file in files])[:-1]
    return Index.of(reader.tokenizer, [part.tolist() for part in np.split(ids, cuts)])


def lines(
    reader: Reader,
    passages: Sequence[Passage],
    indexes: Mapping[str, Index],
    states: Sequence[Floats] | None = None,
) -> Iterator[list[Place]]:
    """The places of each line; `states` are those of the passages, if they were read in another way."""
    for number, passage in enumerate(passages):
        rows = _log_p(reader, reader.states(passage) if states is None else states[number])
        for line in passage.lines:
            opened = Index.of(reader.tokenizer, [passage.ids[: line.start]])
            everywhere = {**indexes, "file": opened}
            yield [
                Place(
                    passage.ids[place],
                    next(rows),
                    {
                        name: index.match(passage.ids[max(0, place - CAP) : place])
                        for name, index in everywhere.items()
                    },
                    place == line.stop - 1,
                )
                for place in range(line.start, line.stop)
            ]


def observations(reader: Reader, pair: Pair, blocks: int) -> Observations:
    """What weights are fitted on: new lines of a package."""
    index = {"repository": index_of(reader, pair)}
    found = lines(reader, reader.passages(pair, blocks), index)
    return Observations.of_lines(
        [[observe(p.log_p, p.of("repository"), p.token) for p in line] for line in found]
    )


def _log_p(reader: Reader, states: Floats) -> Iterator[Floats]:
    for start in range(0, len(states), CHUNK):
        yield from reader.log_probabilities(states[start : start + CHUNK])
