"""The stage that measures an encoder on held-out repositories: what it guesses, and what it finds.

Each figure stands beside one that needs no model: the most frequent token, shared words, BM25.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.device import require_torch
from codekiln.evaluate.bm25 import Bm25
from codekiln.evaluate.overlap import best_threshold, overlap
from codekiln.evaluate.retrieval import by_chance, distinct, fused, reciprocal_ranks
from codekiln.evaluate.words import words
from codekiln.inputs import RowStore
from codekiln.inputs.formats import DOCUMENTATION
from codekiln.inputs.functions import LANGUAGES
from codekiln.inputs.masking import Masking
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import SEPARATOR

if TYPE_CHECKING:
    from codekiln.model.encoder import Encoder

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EncoderEvaluationConfig:
    """Settings of the encoder's evaluation."""

    rows: int = setting(1000, "rows of segments, of each split, at most", check="> 0")
    distractors: int = setting(1000, "functions among which the right one is sought", check="> 0")
    seed: int = setting(0, "seed of what is masked and of which functions", check="0..4294967295")


def build(config: EncoderEvaluationConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write `evaluation.json`: guesses of the model, retrieval by the encoder that was made of it.

    Raises:
        MissingExtraError: torch is not installed.
        ModelError: one of both models cannot be loaded.
    """
    require_torch("Running an encoder")
    from codekiln.model.encoder import load_encoder

    model, encoder = (load_encoder(inputs[name].path) for name in ("model", "encoder"))
    train, held_out = (
        _some(RowStore.of(inputs["segments"], split), config) for split in ("train", "held_out")
    )
    with progress("encoder", 4, "measurements") as task:
        found = {
            "masked": _masked(model, train, held_out, config.seed, task),
            "next_segment": _next_segment(model, train, held_out, task),
            "retrieval": _retrieval({"before": model, "encoder": encoder}, inputs, config, task),
        }
    write_atomically(out / "evaluation.json", json.dumps(found, indent=1).encode())
    return found


def _some(store: RowStore, config: EncoderEvaluationConfig) -> Ids:
    """Rows of one split, evenly from all of it."""
    count = min(config.rows, len(store))
    return store[np.linspace(0, len(store) - 1, count).astype(int)]


def _masked(
    model: "Encoder", train: Ids, held_out: Ids, seed: int, task: Progress
) -> dict[str, Any]:
    """Share of 15 % of the tokens, all of them masked, that are guessed; and that are the commonest one."""
    ids = held_out[:, :-1]
    shares: dict[str, Any] = {}
    for name, whole in (("accuracy", False), ("whole_tokens", True)):
        masking = Masking(model.tokenizer, seed, whole_tokens=whole)
        _, chosen = masking.hide(ids, 0)
        guesses = model.guess(np.where(chosen, masking.mask, ids), chosen)
        shares[name] = _share(guesses == ids[chosen])
        shares.setdefault("unigram", _share(ids[chosen] == _commonest(model.tokenizer, train)))
        shares.setdefault("guesses", int(chosen.sum()))
        task.advance()
    return shares


def _commonest(tokenizer: Tokenizer, rows: Ids) -> int:
    counts = np.bincount(rows[:, :-1].ravel(), minlength=tokenizer.vocabulary_size)
    text = np.array(sorted(tokenizer.text_ids))
    return int(text[counts[text].argmax()])


def _next_segment(model: "Encoder", train: Ids, held_out: Ids, task: Progress) -> dict[str, Any]:
    """Share of the pairs that are judged rightly: by the model, by shared words, by chance."""
    labels = held_out[:, -1] == 1
    learned = [_shared_words(model.tokenizer, row) for row in train[:, :-1]]
    threshold = best_threshold(learned, train[:, -1] == 1)
    clues = np.array([_shared_words(model.tokenizer, row) for row in held_out[:, :-1]])
    found = {
        "accuracy": _share((model.follows(held_out[:, :-1]) > 0) == labels),
        "overlap": _share((clues > threshold) == labels),
        "chance": max(_share(labels), _share(~labels)),
        "rows": len(labels),
    }
    task.advance()
    return found


def _shared_words(tokenizer: Tokenizer, row: Ids) -> float:
    middle = row.tolist().index(tokenizer.special(SEPARATOR))
    return overlap(
        *(words(tokenizer.decode(half.tolist())) for half in (row[:middle], row[middle:]))
    )


def _retrieval(
    encoders: Mapping[str, "Encoder"],
    inputs: Mapping[str, Artifact],
    config: EncoderEvaluationConfig,
    task: Progress,
) -> dict[str, Any]:
    """Mean reciprocal rank of each function by its documentation, among others of its language.

    A language that has too few held-out functions is left out; if none has enough, all are mixed.
    """
    store = RowStore.of(inputs["functions"], "held_out")
    rows = store[np.arange(len(store))]
    spoken = np.concatenate(
        [np.load(path) for path in inputs["functions"].files(f"{LANGUAGES}held_out-")]
    )
    keys = [(row[:DOCUMENTATION].tobytes(), int(row[-1])) for row in rows]
    order = np.random.default_rng(config.seed).permutation(len(rows))
    pools = {
        str(language): list(distinct(keys, order[spoken[order] == language]))
        for language in np.unique(spoken)
    }
    enough = {name: pool for name, pool in pools.items() if len(pool) > config.distractors}
    pools = enough or {"all": list(distinct(keys, order))}
    found = {
        name: _ranks(encoders, rows[pool[: config.distractors + 1]]) for name, pool in pools.items()
    }
    task.advance()
    return found


def _ranks(encoders: Mapping[str, "Encoder"], rows: Ids) -> dict[str, Any]:
    tokenizer = encoders["encoder"].tokenizer
    queries, functions = (
        [_text_ids(tokenizer, row) for row in part]
        for part in (rows[:, :DOCUMENTATION], rows[:, DOCUMENTATION:-1])
    )
    scores = {
        name: encoder.embed(queries) @ encoder.embed(functions).T
        for name, encoder in encoders.items()
    }
    bm25 = Bm25([words(tokenizer.decode(ids)) for ids in functions])
    scores["bm25"] = np.array([bm25.scores(words(tokenizer.decode(ids))) for ids in queries])
    scores["both"] = fused(scores["encoder"], scores["bm25"])
    ranks = {
        name: round(float(reciprocal_ranks(found).mean()), 4) for name, found in scores.items()
    }
    return {**ranks, "chance": round(by_chance(len(rows)), 4), "functions": len(rows)}


def _text_ids(tokenizer: Tokenizer, row: Ids) -> list[int]:
    return [token for token in row.tolist() if token in tokenizer.text_ids]


def _share(right: npt.NDArray[np.bool_]) -> float:
    return round(float(np.mean(right)), 4)


STAGE = Stage("encoder_evaluation", 2, build)
