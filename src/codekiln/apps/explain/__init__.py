"""The glass box: how one's own model came to an answer, from text to tokens to probabilities to text.

Facts alone, of the run that wrote the answer; pages and transports are above. `recorder` watches, and
`explanation`, `beams` and `attention` tell.
"""

from codekiln.apps.explain.attention import attention, load_reference
from codekiln.apps.explain.beams import beam_tree
from codekiln.apps.explain.explanation import explained
from codekiln.apps.explain.facts import Attention, BeamTree, Explanation
from codekiln.apps.explain.recorder import Recorder

__all__ = [
    "Attention",
    "BeamTree",
    "Explanation",
    "Recorder",
    "attention",
    "beam_tree",
    "explained",
    "load_reference",
]
