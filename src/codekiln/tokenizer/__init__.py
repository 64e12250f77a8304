"""Step 2, text to ids: the special tokens and byte-level BPE."""

from codekiln.tokenizer.bpe import FILE_NAME, SETTINGS_NAME, Tokenizer, train_bpe
from codekiln.tokenizer.special import SPECIAL_TOKENS

__all__ = ["FILE_NAME", "SETTINGS_NAME", "SPECIAL_TOKENS", "Tokenizer", "train_bpe"]
