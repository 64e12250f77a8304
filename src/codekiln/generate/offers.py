"""Whether an answer is worth showing to somebody who types: what is read in vain costs, too."""

import math
from collections.abc import Sequence

READING = 1.0
"""Keys that it costs to read what is not taken.

One fixation of the eye, 200 to 250 ms (Rayner 1998), is as long as one key, about 240 ms (Dhakal et al.
2018).
"""


def is_worth_showing(text: str, logprobs: Sequence[float]) -> bool:
    """Whether a text saves keys on average, its tokens having these natural log-probabilities.

    With probability p all of it is wanted, and one key takes it: p · (characters − 1) is gained and
    (1 − p) · `READING` lost. A completer that tells no probabilities is given the benefit of the doubt.

    >>> is_worth_showing("return", [math.log(0.5)]), is_worth_showing("return", [math.log(0.1)])
    (True, False)
    """
    right = math.exp(sum(logprobs))
    return right * (len(text) - 1) > (1 - right) * READING
