"""Tokens that may not cross a lexeme, against ours that may: two small models, equal but for that.

Both tokenizers learn from the same Python files and have equally many entries; for one of them, files are
first cut where a lexeme ends, so that no token has bytes of two. Then a model of the same shape reads all
of the files with each, once, and files of other repositories are read with it. Bits per byte compare
across tokenizers, and fewer are better. The tokenizer that makes more tokens of the same text has more
steps of training too; so it is trained a second time, on fewer files, with no more steps than the other.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from bench.corpus.rows import cache
from bench.tokenizer import starter
from codekiln.artifact import Artifact, open_work
from codekiln.corpus import Document, Split, documents
from codekiln.device import keep_freed_memory, pick_device, seed_everything
from codekiln.evaluate.bits_per_byte import token_bits
from codekiln.generate.torch_engine import TorchEngine
from codekiln.inputs.packing import Packer
from codekiln.languages import languages, lex
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.tokenizer import Tokenizer, train_bpe
from codekiln.tokenizer.special import PADDING
from codekiln.training.causal import Causal
from codekiln.training.config import ModelStageConfig
from codekiln.training.learner import Learner
from codekiln.training.schedule import warmup_stable_decay

MEGABYTES = float(os.environ.get("CODEKILN_BENCH_MEGABYTES", "3"))
DEPTH = int(os.environ.get("CODEKILN_BENCH_DEPTH", "3"))
VOCABULARY, LENGTH, BATCH = 4096, 256, 2048
HELD_OUT_BYTES = 300_000
SEEDS = (0, 1)

Row = dict[str, str]


class WithinLexemes(Tokenizer):
    """A tokenizer of Python whose tokens never cross a lexeme."""

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, piece by piece."""
        pieces = [list(cut(text)) for text in texts]
        ids = iter(super().encode_batch(list(itertools.chain.from_iterable(pieces))))
        return [
            list(itertools.chain.from_iterable(itertools.islice(ids, len(some)))) for some in pieces
        ]


def cut(text: str) -> Iterator[str]:
    """Pieces of Python that end where a lexeme does; white space goes with the lexeme behind it."""
    content = text.encode()
    start = 0
    for lexeme in lex(languages()["python"], content) or ():
        if lexeme.kind != "whitespace":
            yield content[start : lexeme.end].decode()
            start = lexeme.end
    if start < len(content):
        yield content[start:].decode()


def run() -> dict[str, list[Row]]:
    """Three rows a seed: tokens that may cross, that may not, and those again for as many steps."""
    keep_freed_memory()
    open_work(cache())
    corpus = starter()
    train = chosen(corpus, "train", int(MEGABYTES * 1e6))
    held_out = chosen(corpus, "held_out", HELD_OUT_BYTES)
    texts = [document.content for document in train]
    crossing = train_bpe(iter(texts), VOCABULARY)
    pieces = itertools.chain.from_iterable(map(cut, texts))
    within = WithinLexemes(train_bpe(pieces, VOCABULARY).definition)
    most = len(packed(crossing, train))
    found = []
    for seed in SEEDS:
        for name, tokenizer, rows in (
            ("may cross", crossing, packed(crossing, train)),
            ("may not cross", within, packed(within, train)),
            ("may not cross, as many steps", within, packed(within, train)[:most]),
        ):
            found.append({"tokens": name, "seed": str(seed)})
            found[-1] |= measured(tokenizer, rows, held_out, seed)
    size = sum(len(text.encode()) for text in texts)
    return {f"{size / 1e6:.1f} MB of Python, depth {DEPTH}, {VOCABULARY} entries": found}


def chosen(corpus: Artifact, split: Split, limit: int) -> list[Document]:
    """Python files of one side, by their hashes, up to so many bytes."""
    found = [document for document in documents(corpus, split) if document.language == "python"]
    found.sort(key=lambda document: document.sha256)
    sizes = itertools.accumulate(len(document.content.encode()) for document in found)
    return found[: sum(size <= limit for size in sizes)]


def packed(tokenizer: Tokenizer, train: Sequence[Document]) -> np.ndarray:
    """All files as rows of ids, `[rows, LENGTH + 1]`, without headers and gaps."""
    packer = Packer(tokenizer, LENGTH, fim_rate=0.0, header_rate=0.0, seed=0)
    return np.array(list(packer.rows(train)))


def measured(
    tokenizer: Tokenizer, rows: np.ndarray, held_out: Sequence[Document], seed: int
) -> Row:
    """Train a model once through the rows, and read the other files with it."""
    engine = TorchEngine(trained(tokenizer, rows, seed).eval())
    ids = tokenizer.encode_batch([document.content for document in held_out])
    bits = sum(float(token_bits(engine, [tokenizer.opening], one).sum()) for one in ids)
    size = sum(len(document.content.encode()) for document in held_out)
    return {
        "bits per byte": f"{bits / size:.4f}",
        "bytes a token, held out": f"{size / sum(map(len, ids)):.3f}",
        "tokens trained on": f"{rows.size:,}",
    }


def trained(tokenizer: Tokenizer, rows: np.ndarray, seed: int) -> Transformer:
    """A model that has read all rows once, in one order for each seed."""
    seed_everything(seed)
    config = replace(ModelStageConfig(), depth=DEPTH, compile="off")
    shape = ModelConfig.from_depth(DEPTH, VOCABULARY, LENGTH)
    model = Transformer(shape).to(pick_device())
    learner = Learner(config, model, Causal(tokenizer.end, tokenizer.special(PADDING)))
    order = np.random.default_rng(seed).permutation(len(rows))
    steps = len(rows) // (BATCH // LENGTH)
    for step, places in enumerate(np.array_split(order, steps)):
        learner.gradients(torch.from_numpy(rows[places]), 0, "bf16")
        learner.update(warmup_stable_decay(step, steps, config.warmup, config.decay))
    return model
