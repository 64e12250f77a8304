"""How good a model is, on files it has not seen and beside baselines; no training here."""

from codekiln.evaluate.bits_per_byte import log_likelihood, token_bits
from codekiln.evaluate.compression import xz_bits_per_byte
from codekiln.evaluate.ngram import NgramModel
from codekiln.evaluate.samples import sample_completions
from codekiln.evaluate.stage import STAGE, EvaluationConfig

__all__ = [
    "STAGE",
    "EvaluationConfig",
    "NgramModel",
    "log_likelihood",
    "sample_completions",
    "token_bits",
    "xz_bits_per_byte",
]
