"""The compressor's figures against the standard library's one call and the `xz` command."""

import lzma
import random
import shutil
import subprocess
import threading

import pytest

from codekiln.errors import CorpusError
from codekiln.evaluate import compression
from codekiln.evaluate.compression import xz_bits_per_byte
from codekiln.telemetry import Event, listening


def words(seed: int, count: int) -> bytes:
    generator = random.Random(seed)
    return b" ".join(b"%x" % generator.randrange(4000) for _ in range(count))


def size(text: bytes) -> int:
    return len(lzma.compress(text, lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=9))


def test_the_figures_are_those_of_one_call():
    held_out, training = words(0, 20_000), words(1, 240_000)  # more than one piece
    result = xz_bits_per_byte(held_out, training)
    added = size(training + held_out) - size(training)
    assert result.alone == 8 * size(held_out) / len(held_out)
    assert result.given_training == 8 * added / len(held_out)


@pytest.mark.skipif(shutil.which("xz") is None, reason="there is no xz command")
def test_the_figures_are_those_of_the_command():
    def command(text: bytes) -> int:
        return len(subprocess.run(["xz", "-9"], input=text, stdout=-1, check=True).stdout)

    held_out, training = words(0, 30_000), words(1, 60_000)
    result = xz_bits_per_byte(held_out, training)
    added = command(training + held_out) - command(training)
    few = 8 * 32 / len(held_out)
    assert result.alone == pytest.approx(8 * command(held_out) / len(held_out), abs=few)
    assert result.given_training == pytest.approx(8 * added / len(held_out), abs=few)


def test_text_that_the_training_part_holds_costs_next_to_nothing():
    held_out = words(0, 20_000)
    repeated = xz_bits_per_byte(held_out, words(1, 20_000) + held_out + words(2, 20_000))
    assert repeated.given_training < 0.05 * repeated.alone
    other = xz_bits_per_byte(held_out, words(1, 20_000))
    assert other.given_training > 0.5 * other.alone


def test_no_training_text_adds_nothing():
    held_out = words(0, 1000)
    result = xz_bits_per_byte(held_out, b"")
    assert result.given_training == pytest.approx(8 * (size(held_out) - size(b"")) / len(held_out))


@pytest.mark.parametrize("window", [25_000, 12_000, 0])
def test_only_the_tail_that_the_dictionary_reaches_is_taken(monkeypatch, window):
    held_out, training = words(0, 5_000)[:12_000], words(1, 10_000)
    monkeypatch.setattr(compression, "DICTIONARY", window)
    tail = training[len(training) - max(0, window - 12_000) :]
    added = size(tail + held_out) - size(tail)
    assert xz_bits_per_byte(held_out, training).given_training == 8 * added / len(held_out)


def test_progress_counts_the_bytes_in_the_calling_thread(monkeypatch):
    events: list[Event] = []
    threads: set[int] = set()
    monkeypatch.setattr(compression, "PIECE", 1000)
    with listening(events.append), listening(lambda _: threads.add(threading.get_ident())):
        xz_bits_per_byte(bytes(1500), bytes(2500))
    assert [event.done for event in events] == [0, 1000, 2000, 2500, 3500, 4000, 4000]
    assert events[-1].finished
    assert events[-1].total == 4000
    assert threads == {threading.get_ident()}


def test_nothing_held_out_is_an_error_that_names_the_remedy():
    with pytest.raises(CorpusError, match="held-out part"):
        xz_bits_per_byte(b"", b"training")
