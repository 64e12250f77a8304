from threading import Event, Thread

import numpy as np
import pytest

from codekiln.generate.interrupt import NEVER
from codekiln.generate.turns import Turns
from codekiln.generate.warm_up import pieces, warm_up
from fakes import FakeEngine, rambling


class Watched(FakeEngine):
    """Its twins are known."""

    def twin(self):
        self.read_sizes, self.asked = [], []
        twin = super().twin()
        twin.stride, read = 8, twin._read

        def seen(ids):
            self.read_sizes.append(ids.shape[1])
            return read(ids)

        twin._read = seen
        self.known = twin
        return twin


@pytest.mark.parametrize(
    ("room", "sizes"), [(1000, [64, 128, 256, 256, 256]), (200, [64, 128]), (63, []), (-5, [])]
)
def test_pieces_of_all_sizes_as_far_as_there_is_room(room, sizes):
    assert list(pieces(room)) == sizes


def test_a_twin_reads_every_size_and_the_engine_nothing():
    made = rambling(50, context=1024)
    engine = Watched(made._after, 50, 1024)
    engine.stride = 8
    warm_up(engine, Turns())
    assert engine.read_sizes == [64, 128, 256, 256, 256, 8, 16, 24, 32, 40, 48, 56]
    assert engine.known.length == 960
    assert engine.length == engine.steps == engine.prefills == 0


def test_who_asks_meanwhile_comes_between():
    turns, begun, asked = Turns(), Event(), Event()
    order = []

    def after(row, _):
        if len(row) == 64:
            begun.set()
            asked.wait(10)
        order.append(len(row))
        return np.zeros(50, dtype=np.float32)

    def ask():
        begun.wait(10)
        waiting = Thread(target=take)
        waiting.start()
        while not turns.wanted:
            pass
        asked.set()
        waiting.join()

    def take():
        with turns.turn(NEVER):
            order.append("asked")

    thread = Thread(target=ask)
    thread.start()
    warm_up(FakeEngine(after, 50, 300), turns)
    thread.join()
    assert order.index("asked") == order.index(64) + 1
