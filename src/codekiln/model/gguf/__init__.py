"""GGUF, the one-file format of llama.cpp: reading it, also quantised, and writing it.

The package `gguf`, of the extra of that name, is imported when something is read or written.
"""

from codekiln.model.gguf.container import Gguf, read_gguf
from codekiln.model.gguf.shape import config_of
from codekiln.model.gguf.tensors import read_weights
from codekiln.model.gguf.vocabulary import tokenizer_of
from codekiln.model.gguf.writing import GgufType, write_gguf

__all__ = [
    "Gguf",
    "GgufType",
    "config_of",
    "read_gguf",
    "read_weights",
    "tokenizer_of",
    "write_gguf",
]
