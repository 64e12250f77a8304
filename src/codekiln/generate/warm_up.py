"""Reading a text once in every size in which prompts and answers are read, before anybody asks.

What an engine makes for a size, it makes at its first use and keeps. So the memory of a server is soon what
it will be, whichever sizes the first who type happen to need.
"""

import numpy as np

from codekiln.generate.decoding import DRAFTED_BEHIND
from codekiln.generate.engine import Engine
from codekiln.generate.prefix_cache import LARGEST_PIECE, SMALLEST_PIECE
from codekiln.generate.speculation import LONGEST_ANSWER

LONGEST_STEP = DRAFTED_BEHIND + LONGEST_ANSWER
LONGEST_TEXT = 1024  # ids; attention needs room for what stands before, and few prompts have more


def warm_up(engine: Engine) -> None:
    """Have a twin of the engine read a text, as far as its context goes, and forget it.

    An engine without a stride makes nothing for a size, and reads nothing.
    """
    if engine.stride == 1:
        return
    twin = engine.twin()
    room = min(LONGEST_TEXT, twin.context) - LONGEST_STEP
    size = SMALLEST_PIECE
    while size <= room - twin.length:
        (twin.read if twin.length else twin.prefill)(_text(size))
        size = min(2 * size, LARGEST_PIECE)
    for n in range(engine.stride, LONGEST_STEP + 1, engine.stride) if twin.length else ():
        twin.step(_text(n), min(n, 1 + LONGEST_ANSWER))
        twin.rewind(n)


def _text(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.zeros((1, n), dtype=np.int64)
