"""Our tokenizer beside the vocabularies of GPT-4, GPT-4o and SmolLM2, on packages that it never saw.

It learns from the corpus of `recipes/starter.toml`, as the starter model's does, at 16k and at 32k entries,
and is measured on other packages, at most 2 MB of each language. A cell is the mean bytes of a token (more
is better) and how many more tokens than GPT-4 (`cl100k`) the same text takes; the goal is at most 12 %
more at 16k and 6 % at 32k. A token crosses a lexeme when it has bytes of two, white space apart.
"""

from collections.abc import Mapping, Sequence

from bench.corpus.rows import RECIPE, cache
from codekiln.artifact import Artifact, open_work, produce
from codekiln.corpus import CorpusConfig, build_corpus
from codekiln.evaluate.tokenization import LanguageFit, compare
from codekiln.pipeline.pull import pull
from codekiln.pipeline.recipe import read_corpus_recipe
from codekiln.pipeline.report.vocabularies import table_row, total
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.peers import Vocabulary, openai_vocabularies
from codekiln.tokenizer.stage import STAGE, TokenizerConfig

STARTER = RECIPE.with_name("starter.toml")
ENTRIES = {"16k": 16_384, "32k": 32_768}
SAMPLE = 200_000_000  # bytes
PEER = "smollm2-135m-instruct-q4_1"
LEAST = 100_000  # bytes of a language that is shown
UNSEEN = (
    "pypi:litestar==2.25.0", "pypi:loguru==0.7.3", "pypi:structlog==26.1.0", "pypi:pyparsing==3.3.3",
    "npm:underscore@1.13.8", "npm:commander@15.1.0", "npm:d3-array@3.2.5", "npm:chart.js@4.6.1",
    "npm:zod@4.6.7", "npm:effect@4.1.0", "npm:@reduxjs/toolkit@2.15.0",
    "debian:commons-io", "debian:libcommons-collections4-java",
    "debian:jansson", "debian:libyaml", "debian:lz4", "debian:libevent",
    "debian:fmtlib", "debian:spdlog",
    "debian:golang-github-spf13-viper", "debian:golang-logrus", "debian:golang-github-gorilla-mux",
    "sdist:orjson==3.13.0", "sdist:rpds-py==2026.9.1", "sdist:safetensors==0.8.0",
    "sdist:watchfiles==1.3.0", "debian:php-twig",
)  # fmt: skip

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """A row for each language, and one for all of them."""
    work = cache()
    open_work(work)
    vocabularies: dict[str, Vocabulary] = {
        f"codekiln {name}": learned(starter(), size) for name, size in ENTRIES.items()
    }
    vocabularies["SmolLM2"] = Tokenizer.load(pull(PEER, work).path)
    vocabularies |= openai_vocabularies()
    config = CorpusConfig(sources=UNSEEN, max_repository=2_000_000)
    unseen = build_corpus(config, work, "unseen")
    found = compare(unseen, vocabularies, splits=("train", "held_out"))
    rows = [row for row in found if row.bytes >= LEAST]
    return {
        "bytes a token, and tokens more than GPT-4 takes": compression(rows, vocabularies),
        "share of the tokens that cross a lexeme": crossing(rows, vocabularies),
    }


def starter() -> Artifact:
    """The corpus to learn from, made once."""
    recipe = read_corpus_recipe(STARTER)
    return build_corpus(recipe.corpus, cache(), recipe.name)


def learned(corpus: Artifact, entries: int) -> Tokenizer:
    """A tokenizer of ours, made once."""
    config = TokenizerConfig(vocabulary=entries, sample_bytes=SAMPLE)
    return Tokenizer.load(produce(STAGE, config, {"corpus": corpus}, cache(), "starter").path)


def compression(rows: Sequence[LanguageFit], vocabularies: Mapping[str, Vocabulary]) -> list[Row]:
    """Every language, then all of them together."""
    heads = [f"{name}, {vocabularies[name].vocabulary_size:,}" for name in vocabularies]
    found = []
    for row in [*rows, total(rows)]:
        cells = [f"{cell.bytes_per_token} {cell.more_tokens}" for cell in table_row(row).cells]
        size = {"language": row.language, "MB": f"{row.bytes / 1e6:.2f}"}
        found.append(size | dict(zip(heads, cells, strict=True)))
    return found


def crossing(rows: Sequence[LanguageFit], vocabularies: Mapping[str, Vocabulary]) -> list[Row]:
    """The languages with a grammar, then those together."""
    with_lexemes = [row for row in rows if next(iter(row.fits.values())).in_lexemes]
    return [
        {"language": row.language}
        | {name: f"{row.fits[name].crossing_share or 0:.1%}" for name in vocabularies}
        for row in [*with_lexemes, total(with_lexemes)]
    ]
