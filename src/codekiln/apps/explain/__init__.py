"""The glass box: how one's own model came to an answer, from text to tokens to probabilities to text.

Facts alone, of the run that wrote the answer; pages and transports are above. `recorder` watches, and
`explanation`, `beams` and `attention` tell; `told` is all of it.
"""

from codekiln.apps.explain.attention import AttentionEngine, attention, load_reference
from codekiln.apps.explain.beams import beam_tree, tree
from codekiln.apps.explain.explanation import explained
from codekiln.apps.explain.facts import BeamTree, Explanation
from codekiln.apps.explain.recorder import Recorder
from codekiln.apps.explain.told import model_as_json, told

__all__ = [
    "AttentionEngine",
    "BeamTree",
    "Explanation",
    "Recorder",
    "attention",
    "beam_tree",
    "explained",
    "load_reference",
    "model_as_json",
    "told",
    "tree",
]
