"""Shards: arrays in files, each made from one block of documents, seen whole or not at all."""

import io
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from codekiln.artifact import write_atomically
from codekiln.tokenizer import Tokenizer

T = TypeVar("T")


def id_type(tokenizer: Tokenizer) -> type[np.uint16] | type[np.uint32]:
    """The smallest type that holds every id."""
    return np.uint16 if tokenizer.vocabulary_size <= 1 << 16 else np.uint32


def write_shard(path: Path, array: npt.NDArray[Any]) -> None:
    """Write a `.npy` file."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_atomically(path, content.getvalue())


def blocks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in their order, `size` at a time; the last block may be smaller."""
    iterator = iter(items)
    while block := list(itertools.islice(iterator, size)):
        yield block
