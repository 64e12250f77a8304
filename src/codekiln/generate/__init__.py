"""Step 6: engines, sampling strategies, the decoding loop, the completer.

`generate.torch_engine` is not in this catalogue: it needs the extra `train`.
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
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.strategies import Sampling, Strategy, log_softmax, softmax, strategy_of
from codekiln.generate.text_stream import TextStream

__all__ = [
    "Completer",
    "Completion",
    "CompletionChunk",
    "CompletionRequest",
    "Engine",
    "EngineCompleter",
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
