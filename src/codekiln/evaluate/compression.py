"""What a general compressor makes of the same text: the floor that any code model must beat.

It reads all held-out text as one and learns from it as it goes, which a fixed model does not; so a
model scored file by file that comes out below it has earned that.
"""

import lzma
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from codekiln.errors import CorpusError
from codekiln.telemetry import progress

DICTIONARY = 64 << 20  # bytes that `xz -9` looks back
PIECE = 1 << 20


@dataclass(frozen=True)
class XzResult:
    """Bits per byte of the held-out text under `xz -9`."""

    alone: float
    given_training: float  # what it adds to the training text's own compressed size


def xz_bits_per_byte(held_out: bytes, training: bytes) -> XzResult:
    """Compress `held_out` by itself and again right after `training`, as `xz -9` would.

    `xz -9` looks back 64 MiB, so of a longer training text only the last 64 MiB − len(held_out) are
    taken: what all of the held-out text can see. At most two compressors run at a time, one per
    thread and about 700 MB each.

    Raises:
        CorpusError: `held_out` is empty.
    """
    if not held_out:
        raise CorpusError(
            "There is no held-out text to compress: give more sources or a larger held-out part."
        )
    seen = training[max(0, len(training) - max(0, DICTIONARY - len(held_out))) :]
    total = len(seen) + len(held_out)
    with ThreadPoolExecutor(2) as pool, progress("xz -9", total=total, unit="bytes") as bar:

        def feed(text: bytes, one: _Xz, other: _Xz) -> None:
            # Side by side and piece by piece: events stay in this thread, and Ctrl-C is heard.
            for piece in _pieces(text):
                for done in [pool.submit(one.feed, piece), pool.submit(other.feed, piece)]:
                    done.result()
                bar.advance(len(piece))

        before, both = _Xz(), _Xz()
        feed(seen, before, both)
        training_size = before.finish()
        del before  # its memory goes to the next
        alone = _Xz()
        feed(held_out, alone, both)
        size, added = alone.finish(), both.finish() - training_size
    return XzResult(8 * size / len(held_out), 8 * added / len(held_out))


class _Xz:
    """The size of what an `xz -9` makes of the pieces fed to it."""

    def __init__(self) -> None:
        self._compressor = lzma.LZMACompressor(lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=9)
        self._size = 0

    def feed(self, piece: bytes) -> None:
        self._size += len(self._compressor.compress(piece))

    def finish(self) -> int:
        return self._size + len(self._compressor.flush())


def _pieces(text: bytes) -> Iterator[bytes]:
    return (text[at : at + PIECE] for at in range(0, len(text), PIECE))
