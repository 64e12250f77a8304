"""Sorting all suffixes of a sequence of ids (Manber and Myers 1993), by libdivsufsort over bytes."""

import numpy as np
import numpy.typing as npt
from pydivsufsort import divsufsort
from pydivsufsort.dll import libdivsufsort

Suffixes = npt.NDArray[np.int32]
LONGEST = 2**31 // 4  # ids of one array: its bytes have positions of 31 bits, at four an id


def suffix_array(ids: npt.NDArray[np.integer]) -> Suffixes:
    """The positions of `ids [n]` in the order of what begins there; what ends first comes first.

    An id becomes one to four bytes that sort as ids do, so of the suffixes of the bytes only those at
    the first byte of an id are kept. Takes about 20 bytes of memory an id on the way, and lets other
    threads run.
    """
    assert len(ids) < LONGEST
    if not len(ids):
        return np.zeros(0, np.int32)
    text, width = _bytes_of(ids)
    _use_one_thread()
    # Of an array it would make a type of pointer for each length, which ctypes keeps for ever.
    order: Suffixes = divsufsort(text.tobytes())
    return order if width == 1 else order[order % width == 0] // np.int32(width)


def _bytes_of(ids: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.uint8], int]:
    """The rank of each id among those that occur, big end first, in as few bytes as that takes."""
    occurs = np.zeros(int(ids.max()) + 1, bool)
    occurs[ids] = True
    ranks = np.cumsum(occurs, dtype=np.uint32) - np.uint32(1)
    width = max(1, (int(ranks[-1]).bit_length() + 7) // 8)
    wide = ranks[ids].astype(">u4").view(np.uint8).reshape(-1, 4)
    return wide[:, 4 - width :].ravel(), width


def _use_one_thread() -> None:
    """Its threads gain nothing, and where other programs run they wait for each other ten times as long."""
    limit = getattr(libdivsufsort, "omp_set_num_threads", None)  # for calls from this thread alone
    if limit is not None:
        limit(1)
