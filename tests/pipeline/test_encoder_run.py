"""The road to an encoder: every stage from those before it, found again, and its recipe in the house."""

from pathlib import Path

import numpy as np
import pytest

from codekiln.corpus import CorpusConfig
from codekiln.evaluate.encoder import EncoderEvaluationConfig
from codekiln.inputs.functions import FunctionsConfig
from codekiln.inputs.segments.stage import SegmentsConfig
from codekiln.model.encoder import load_encoder
from codekiln.pipeline.recipe import Recipe, read_recipe
from codekiln.pipeline.run import run
from codekiln.telemetry import listening
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.stage import TokenizerConfig
from codekiln.training import EncoderConfig, ModelStageConfig

RECIPES = Path(__file__).parents[2] / "recipes"
STAGES = ["corpus", "tokenizer", "segments", "functions", "model", "encoder", "encoder_evaluation"]
FUNCTION = '''def {name}_{n}(first, second):
    """The {name} of {n} numbers."""
    third = first * {n}
    return third + second


'''


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    root = tmp_path_factory.mktemp("code")
    for name in ("alpha", "beta", "gamma", "delta", "omega", "sigma"):
        text = "".join(FUNCTION.format(name=name, n=n) for n in range(20))
        (root / f"{name}.py").write_text(text)
    return Recipe(
        corpus=CorpusConfig(sources=(f"own:{root}",), held_out=0.3, near_duplicates=1.0),
        tokenizer=TokenizerConfig(vocabulary=320),
        segments=SegmentsConfig(row_length=128),
        functions=FunctionsConfig(code_length=64),
        model=ModelStageConfig(
            objective="masked", depth=1, tokens=2048, batch_tokens=512, threads=1
        ),
        encoder=EncoderConfig(tokens=2048, pairs=8),
        encoder_evaluation=EncoderEvaluationConfig(distractors=10),
    )


@pytest.fixture(scope="module")
def made(recipe, tmp_path_factory):
    return run(recipe, tmp_path_factory.mktemp("work"))


def test_every_stage_leaves_a_whole_artifact(made):
    assert list(made) == STAGES
    for stage, artifact in made.items():
        assert artifact.stage == stage
        artifact.verify()
    needs = {stage: set(artifact.manifest["inputs"]) for stage, artifact in made.items()}
    assert made["model"].manifest["inputs"]["inputs"] == made["segments"].fingerprint
    assert needs["model"] == {"tokenizer", "inputs"}
    assert needs["encoder"] == {"tokenizer", "functions", "model"}


def test_it_measures_what_it_says(made):
    found = made["encoder_evaluation"].statistics
    assert 0 <= found["masked"]["accuracy"] <= 1
    assert found["next_segment"]["rows"] == made["segments"].statistics["held_out"]["rows"]
    assert found["retrieval"]["python"]["functions"] == 11
    assert found["retrieval"]["python"]["bm25"] > 0.9  # every number is in both texts


def test_the_encoder_is_loaded_by_its_folder(made):
    encoder = load_encoder(made["encoder"].path)
    tokenizer = Tokenizer.load(made["encoder"].path)
    vectors = encoder.embed(
        [tokenizer.encode(text) for text in ("The alpha of 3", "def f(): pass")]
    )
    np.testing.assert_allclose((vectors**2).sum(axis=1), 1, rtol=1e-5)


def test_a_second_run_does_nothing(recipe, made):
    seen = []
    with listening(lambda event: seen.append(event.task)):
        again = run(recipe, made["corpus"].path.parents[1])
    assert seen == []
    assert [a.fingerprint for a in again.values()] == [a.fingerprint for a in made.values()]


def test_the_recipe_of_the_house_is_one_of_an_encoder():
    assert read_recipe(RECIPES / "encoder.toml").model.objective == "masked"
