"""Reading a text once in every size in which prompts and answers will be read, before anybody asks.

What an engine makes for a size, it makes at its first use and keeps: the first answers are sooner here for
it, and a server that runs for days is as large in its second minute as it will be.
"""

from collections.abc import Iterator

import numpy as np

from codekiln.generate.decoding import DRAFTED_BEHIND
from codekiln.generate.engine import Engine
from codekiln.generate.interrupt import NEVER
from codekiln.generate.prefix_cache import LARGEST_PIECE, SMALLEST_PIECE
from codekiln.generate.speculation import LONGEST_ANSWER
from codekiln.generate.turns import Turns

LONGEST_STEP = DRAFTED_BEHIND + LONGEST_ANSWER


def warm_up(engine: Engine, turns: Turns) -> None:
    """Have a twin of the engine read a text as long as its context; who asks meanwhile comes between.

    It reads what its vocabulary begins with, and what it reads is forgotten.
    """
    twin = engine.twin()
    for n in pieces(engine.context - LONGEST_STEP):
        with turns.turn(NEVER):
            ids = np.zeros((1, n), dtype=np.int64)
            (twin.read if twin.length else twin.prefill)(ids)
    for n in range(engine.stride, LONGEST_STEP + 1, engine.stride):
        with turns.turn(NEVER):
            twin.step(np.zeros((1, n), dtype=np.int64), min(n, 1 + LONGEST_ANSWER))
            twin.rewind(n)


def pieces(room: int) -> Iterator[int]:
    """The sizes of the pieces in which so long a text is read, the smallest first; none if it is short."""
    size = SMALLEST_PIECE
    while size <= room:
        yield size
        room -= size
        size = min(2 * size, LARGEST_PIECE)
