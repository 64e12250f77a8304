"""An encoder of a small budget on repositories it never saw, beside what needs no model.

It is trained on `recipes/packages.toml`: masked tokens and next segments together, then functions with
their documentation. A token is guessed beside the commonest one; whether two segments of a repository stand
next to each other, beside the words they share (with the threshold that is best on the training side); a
function is sought by its documentation among 1,000 others of its language, beside BM25 over the same texts
with names taken apart, alone and together with it (their ranks fused). MRR is the mean of 1 / rank over
1,001 queries of a language.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.corpus.rows import RECIPE, cache
from codekiln.evaluate.encoder import EncoderEvaluationConfig
from codekiln.pipeline import run as road
from codekiln.pipeline.recipe import Recipe, read_corpus_recipe
from codekiln.tokenizer.stage import TokenizerConfig
from codekiln.training import EncoderConfig, ModelStageConfig

SECONDS = float(os.environ.get("CODEKILN_BENCH_SECONDS", "300"))
DEPTH = int(os.environ.get("CODEKILN_BENCH_DEPTH", "3"))

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """What is guessed, then what is found."""
    recipe = Recipe(
        name="packages",
        corpus=read_corpus_recipe(RECIPE).corpus,
        tokenizer=TokenizerConfig(vocabulary=8192),
        model=replace(ModelStageConfig(), objective="masked", depth=DEPTH, seconds=SECONDS),
        encoder=replace(EncoderConfig(), seconds=SECONDS),
        encoder_evaluation=replace(EncoderEvaluationConfig(), rows=4000),
    )
    made = road.run(recipe, cache())
    found = made["encoder_evaluation"].statistics
    model, encoder = (made[name].statistics for name in ("model", "encoder"))
    return {
        f"guesses after {model['tokens']:,} tokens, {model['parameters']:,} parameters": guesses(
            found
        ),
        f"retrieval after {encoder['tokens']:,} tokens more": retrieval(found["retrieval"]),
    }


def guesses(found: Mapping[str, Any]) -> list[Row]:
    """Masked tokens, masked words, next segments."""
    masked, pairs = found["masked"], found["next_segment"]
    unigram = f"{masked['unigram']:.1%}, the commonest token"
    rows = (
        ("a masked token", masked["accuracy"], unigram, masked["guesses"]),
        ("a token of a masked word", masked["whole_tokens"], unigram, masked["guesses"]),
        (
            "the next segment",
            pairs["accuracy"],
            f"{pairs['overlap']:.1%}, shared words; {pairs['chance']:.1%}, chance",
            pairs["rows"],
        ),
    )
    return [
        {"what": what, "right": f"{ours:.1%}", "without a model": other, "guesses": f"{count:,}"}
        for what, ours, other, count in rows
    ]


def retrieval(languages: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """MRR by language."""
    return [
        {
            "language": language,
            "functions": f"{ranks['functions']:,}",
            "MRR": f"{ranks['encoder']:.3f}",
            "before the contrastive stage": f"{ranks['before']:.3f}",
            "BM25": f"{ranks['bm25']:.3f}",
            "encoder and BM25": f"{ranks['both']:.3f}",
            "chance": f"{ranks['chance']:.4f}",
        }
        for language, ranks in languages.items()
    ]
