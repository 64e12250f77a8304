"""A GGUF file taken apart: its metadata, and where each tensor lies. What they mean is not known here.

The format is `docs/gguf.md` of ggml, versions 2 and 3. The package `gguf` has a reader too; it takes
some seconds for a vocabulary, and does not end on some damaged files.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codekiln.errors import MissingExtraError, ModelError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32  # bytes, where the file names no other
MOST_DIMENSIONS = 4
STRING, ARRAY = 8, 9
SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}

# Types of tensors that can be turned into fp32 exactly as llama.cpp does.
READABLE = (
    *("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"),
    *("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"),
)


@dataclass(frozen=True)
class StoredTensor:
    """One tensor as it lies in the file: `shape` as torch has it, `data` the bytes of its type."""

    shape: tuple[int, ...]
    type_name: str
    data: npt.NDArray[np.uint8]

    def values(self) -> npt.NDArray[np.float32]:
        """All values in fp32, of the tensor's shape."""
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize

        rows = self.data.reshape(*self.shape[:-1], -1)
        plain = dequantize(rows, GGMLQuantizationType[self.type_name])
        return np.array(plain, dtype=np.float32).reshape(self.shape)


@dataclass(frozen=True)
class Gguf:
    """What a file holds."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]


def read_gguf(path: Path) -> Gguf:
    """Take a file apart; the tensors stay on the disk until they are looked at.

    Raises:
        ModelError: it is missing, damaged, of another version, or in parts, or a tensor is of a type
            that cannot be read.
        MissingExtraError: the package `gguf`, which knows the types, is not installed.
    """
    require_gguf("Reading a GGUF file")
    try:
        return _taken_apart(path, np.asarray(np.memmap(path, dtype=np.uint8, mode="r")))
    except (FileNotFoundError, IsADirectoryError):
        raise ModelError(f"{path} is no file: give the path of a GGUF file.") from None
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ModelError(f"{path} is no whole GGUF file ({error}): fetch it again.") from None


def require_gguf(purpose: str) -> None:
    """Raise the install line unless the package `gguf` can be imported."""
    try:
        import gguf  # noqa: F401
    except ImportError:
        raise MissingExtraError("gguf", purpose) from None


def _taken_apart(path: Path, data: npt.NDArray[np.uint8]) -> Gguf:
    cursor = _Cursor(data)
    if bytes(cursor.take(4)) != MAGIC:
        raise ValueError("it does not begin with GGUF")
    version = cursor.number("I")
    if version not in VERSIONS:
        raise ModelError(f"{path} has GGUF version {version}, and codekiln reads 2 and 3.")
    tensors, entries = cursor.number("Q"), cursor.number("Q")
    metadata = {}
    for _ in range(entries):
        key = cursor.text()
        metadata[key] = cursor.value(cursor.number("I"))
    if metadata.get("split.count", 1) > 1:
        raise ModelError(
            f"{path} is one of several parts: join them with llama-gguf-split --merge."
        )
    places = {}
    for _ in range(tensors):
        name = cursor.text()
        places[name] = _Place(cursor.dimensions(), cursor.number("I"), cursor.number("Q"))
    alignment = metadata.get("general.alignment", ALIGNMENT)
    if alignment < 1:
        raise ValueError(f"its alignment is {alignment}")
    start = -(-cursor.position // alignment) * alignment
    stored = {name: place.tensor(path, name, data, start) for name, place in places.items()}
    return Gguf(path, metadata, stored)


class _Cursor:
    """Reads one thing after the other and never past the end."""

    def __init__(self, data: npt.NDArray[np.uint8]) -> None:
        self._data, self.position = memoryview(data.data), 0

    def take(self, size: int) -> memoryview:
        end = self.position + size
        if end > len(self._data):
            raise ValueError("it ends too early")
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def number(self, form: str) -> Any:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self) -> str:
        return str(self.take(self.number("Q")), encoding="utf-8")

    def dimensions(self) -> tuple[int, ...]:
        """The shape in torch's order; the file has the fastest dimension first."""
        count = self.number("I")
        if not 0 < count <= MOST_DIMENSIONS:
            raise ValueError(f"a tensor has {count} dimensions")
        return tuple(self.number("Q") for _ in range(count))[::-1]

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            return self._array(self.number("I"), self.number("Q"))
        return self.number(SCALARS[kind])

    def _array(self, kind: int, count: int) -> list[Any]:
        if kind == STRING:
            return [self.text() for _ in range(count)]
        form = np.dtype(SCALARS[kind]).newbyteorder("<")
        return np.frombuffer(self.take(count * form.itemsize), form).tolist()


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies: `offset` from the start of all tensors."""

    shape: tuple[int, ...]
    kind: int
    offset: int

    def tensor(
        self, path: Path, name: str, data: npt.NDArray[np.uint8], start: int
    ) -> StoredTensor:
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

        known = {kind.value: kind for kind in GGMLQuantizationType}
        type_name = known[self.kind].name if self.kind in known else f"number {self.kind}"
        if type_name not in READABLE:
            raise ModelError(
                f"{path} has {name} in type {type_name}, and codekiln reads {', '.join(READABLE)}: "
                "take the model in one of these."
            )
        values, size = GGML_QUANT_SIZES[known[self.kind]]
        if self.shape[-1] % values:
            raise ValueError(f"{name} has rows of {self.shape[-1]} in blocks of {values}")
        begin, count = start + self.offset, prod(self.shape) // values * size
        if begin + count > len(data):
            raise ValueError("it ends too early")
        return StoredTensor(self.shape, type_name, data[begin : begin + count])
