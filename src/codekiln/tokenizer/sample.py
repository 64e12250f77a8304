"""Which documents a tokenizer learns from: every language its share, no repository too much of it.

Merges are bought by frequency alone, so what fills a sample gets all of them. The share of a language
is a power of its size (Conneau & Lample 2019, "Cross-lingual Language Model Pretraining", §3.1): large
ones still count for more, and small ones are heard. Within a language each repository gives equally much,
as far as it has that.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from codekiln.artifact import Artifact
from codekiln.corpus import Document, Entry, documents, entries

# Of 0, 0.3, 0.5, 0.7 and 1 the best over 17 languages of 24 repositories that were kept apart.
POWER = 0.5  # of its bytes

Repository = tuple[str, str, str]  # language, source and name of the repository
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Sample:
    """A choice among the documents of the training side.

    Sequential Poisson sampling (Ohlsson 1998): a document's place in the queue of its language is its
    hash, a uniform number, divided by the rate of its repository. Contents choose, and not their order.
    """

    corpus: Artifact
    rates: Mapping[Repository, float]  # share of a repository's bytes that is wanted
    last: Mapping[str, float]  # of each language: the place of the last document that is taken
    bytes: int

    def documents(self) -> Iterator[Document]:
        """The chosen documents, in the order of the corpus."""
        for document in documents(self.corpus, "train"):
            if _place(document, self.rates) <= self.last[document.language]:
                yield document


def choose(corpus: Artifact, limit: int) -> Sample:
    """At most `limit` bytes of the training side; memory holds twenty bytes a document."""
    sizes: Counter[Repository] = Counter()
    for entry in entries(corpus, "train"):
        sizes[_repository(entry)] += entry.bytes
    wanted = _language_shares(sizes, limit)
    rates = _rates(sizes, wanted)
    codes = {language: code for code, language in enumerate(wanted)}
    queue = np.fromiter(
        (
            (codes[entry.language], _place(entry, rates), entry.bytes)
            for entry in entries(corpus, "train")
        ),
        np.dtype([("language", "i4"), ("place", "f8"), ("bytes", "i8")]),
    )
    queue.sort(order=("language", "place"))
    last, total = dict.fromkeys(wanted, -1.0), 0
    for language, code in codes.items():
        own = queue[queue["language"] == code]
        taken = own[own["bytes"].cumsum() <= wanted[language]]
        if len(taken):
            last[language] = float(taken["place"][-1])
            total += int(taken["bytes"].sum())
    return Sample(corpus, rates, last, total)


def shares(sizes: Mapping[Key, int], total: float, power: float) -> dict[Key, float]:
    """Divide `total` in proportion to `size ** power`; nobody gets more than its size.

    What one cannot take goes to the others, in the same proportion.

    >>> shares({"c": 1000, "go": 250, "lua": 10}, 310, power=0.5)
    {'lua': 10, 'go': 100.0, 'c': 200.0}
    """
    given: dict[Key, float] = {}
    weights = sum(size**power for size in sizes.values())
    for key, size in sorted(sizes.items(), key=lambda item: item[1]):  # the soonest sated first
        given[key] = min(size, total * size**power / weights)
        total -= given[key]
        weights -= size**power
    return given


def _language_shares(sizes: Mapping[Repository, int], limit: int) -> dict[str, float]:
    languages: Counter[str] = Counter()
    for (language, _, _), size in sizes.items():
        languages[language] += size
    return shares(languages, limit, POWER)


def _rates(sizes: Mapping[Repository, int], wanted: Mapping[str, float]) -> dict[Repository, float]:
    """The repositories of a language share equally, as far as each has that much."""
    rates: dict[Repository, float] = {}
    for language, share in wanted.items():
        own = {key: size for key, size in sizes.items() if key[0] == language}
        rates |= {key: part / own[key] for key, part in shares(own, share, power=0).items()}
    return rates


def _repository(entry: Entry | Document) -> Repository:
    return entry.language, entry.source, entry.repository


def _place(entry: Entry | Document, rates: Mapping[Repository, float]) -> float:
    return int(entry.sha256[:13], 16) / 16**13 / rates[_repository(entry)]
