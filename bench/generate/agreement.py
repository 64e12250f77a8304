"""How often a model in 8 or 4 bits has the same likeliest token as in fp32, ours beside llama.cpp's.

On the same weights, at 1,200 places in files that the models have not seen, each with 100 to 400 tokens of
context. llama.cpp has a byte a weight (Q8_0); ours multiplies with 8 bits as it does, inputs in 8 bits too.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.corpus.rows import cache
from bench.generate.latency import CONTEXT, SMOLLM2, Row, gguf
from bench.generate.llama_cpp import LlamaServer
from bench.generate.places import files
from codekiln.generate.loading import STARTER, Weights, load_engine, model_folder
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

TEXTS, FIRST, LAST, EVERY = 12, 100, 400, 3
LEAST = 8000  # characters of a file

Tokens = npt.NDArray[np.int64]


def run() -> dict[str, list[Row]]:
    """One table."""
    return {
        "the same likeliest token as in fp32": [
            _row("starter, 32M", Path(STARTER)),
            _row("SmolLM2, 135M", pull(SMOLLM2, cache()).path),
        ]
    }


def _row(name: str, model: Path) -> Row:
    tokenizer = Tokenizer.load(model_folder(model))
    texts = _texts(tokenizer)
    reference = _likeliest(model, "f32", texts)
    row = {"model": name, "places": str(reference.size)}
    weights: tuple[Weights, ...] = ("int8", "int4")
    for kind in weights:
        row[f"ours, {kind}"] = f"{np.mean(_likeliest(model, kind, texts) == reference):.1%}"
    with LlamaServer(gguf(model), context=CONTEXT, speculation=None) as server:
        theirs = [
            server.complete(text[:end].tolist(), n_predict=1).text
            for text in texts
            for end in range(FIRST, LAST, EVERY)
        ]
    same = [
        said == tokenizer.decode([token]) for said, token in zip(theirs, reference, strict=True)
    ]
    return row | {"llama.cpp, Q8_0": f"{np.mean(same):.1%}"}


def _texts(tokenizer: Tokenizer) -> list[Tokens]:
    long = [file.content for file in files() if len(file.content) > LEAST]
    chosen = np.random.default_rng(1).choice(len(long), TEXTS, replace=False)
    return [np.array(tokenizer.encode(long[one][LEAST // 4 :])[:LAST]) for one in chosen]


def _likeliest(model: Path, weights: Weights, texts: list[Tokens]) -> Tokens:
    engine, found = load_engine(model, kind="openvino", weights=weights), []
    for text in texts:
        engine.prefill(text[None, :1])
        logits = engine.step(text[None, 1:])[0]
        found.append(logits.argmax(axis=1)[np.arange(FIRST, LAST, EVERY) - 2])
    return np.concatenate(found)
