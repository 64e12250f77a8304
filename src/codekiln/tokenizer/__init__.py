"""Step 2, text to ids: the special tokens and byte-level BPE."""

from codekiln.tokenizer.bpe import FILE_NAME, Tokenizer, train_bpe
from codekiln.tokenizer.special import SPECIAL_TOKENS
from codekiln.tokenizer.stage import STAGE, TokenizerConfig

__all__ = ["FILE_NAME", "SPECIAL_TOKENS", "STAGE", "Tokenizer", "TokenizerConfig", "train_bpe"]
