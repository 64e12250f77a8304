"""Step 6: engines, sampling strategies, the decoding loop, the completer.

`generate.torch_engine` is not in this catalogue: it needs the extra `train`.
"""

from codekiln.generate.completer import (
    Completer,
    Completion,
    CompletionChunk,
    CompletionRequest,
    EngineCompleter,
    Timings,
    collect,
)
from codekiln.generate.decoding import FinishReason, Step, TextStream, generate
from codekiln.generate.engine import Engine, Ids, Logits
from codekiln.generate.strategies import Sampling, Strategy, log_softmax, softmax, strategy_of

__all__ = [
    "Completer",
    "Completion",
    "CompletionChunk",
    "CompletionRequest",
    "Engine",
    "EngineCompleter",
    "FinishReason",
    "Ids",
    "Logits",
    "Sampling",
    "Step",
    "Strategy",
    "TextStream",
    "Timings",
    "collect",
    "generate",
    "log_softmax",
    "softmax",
    "strategy_of",
]
