"""Step 6: engines, sampling strategies, the decoding loop, completers.

Not in this catalogue are `generate.engine_completer`, `generate.verify` and `generate.servers`, which a
machine that only trains has no use for, and the engines: `generate.loading` chooses one.
"""

from codekiln.generate.completer import (
    Completer,
    Completion,
    CompletionChunk,
    CompletionRequest,
    Timings,
    collect,
)
from codekiln.generate.decoding import FinishReason, Guides, Step, decode, generate
from codekiln.generate.engine import Engine, Ids, Logits
from codekiln.generate.strategies import Sampling, Strategy, log_softmax, softmax, strategy_of
from codekiln.generate.text_stream import TextStream

__all__ = [
    "Completer",
    "Completion",
    "CompletionChunk",
    "CompletionRequest",
    "Engine",
    "FinishReason",
    "Guides",
    "Ids",
    "Logits",
    "Sampling",
    "Step",
    "Strategy",
    "TextStream",
    "Timings",
    "collect",
    "decode",
    "generate",
    "log_softmax",
    "softmax",
    "strategy_of",
]
