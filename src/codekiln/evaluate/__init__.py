"""How good a model is, on files it has not seen and beside baselines; no training here.

Not in this catalogue are `evaluate.stage` and `evaluate.samples`, which read corpora and need that extra.
"""

from codekiln.evaluate.bits_per_byte import log_likelihood, token_bits
from codekiln.evaluate.compression import xz_bits_per_byte
from codekiln.evaluate.ngram import NgramModel

__all__ = [
    "NgramModel",
    "log_likelihood",
    "token_bits",
    "xz_bits_per_byte",
]
