"""What is said of an encoder: every figure, and beside it what needs no model."""

import json

import pytest

from codekiln.artifact import Stage, produce
from codekiln.cli import encoder_summary
from codekiln.cli.terminal import output

FOUND = {
    "masked": {"accuracy": 0.512, "whole_tokens": 0.387, "unigram": 0.043, "guesses": 1000},
    "next_segment": {"accuracy": 0.931, "overlap": 0.882, "chance": 0.5, "rows": 400},
    "retrieval": {
        "go": {
            "encoder": 0.456,
            "before": 0.123,
            "bm25": 0.701,
            "chance": 0.0075,
            "functions": 1001,
        }
    },
}
TRAINED = {"tokens": 123_456, "seconds": 78.0}


@pytest.fixture
def made(tmp_path):
    counts = {"model": TRAINED, "encoder": TRAINED, "encoder_evaluation": FOUND}
    return {
        name: produce(Stage(name, 1, lambda *_, found=found: found), {}, {}, tmp_path, "e")
        for name, found in counts.items()
    }


def test_every_figure_is_told(made, tmp_path):
    with output.capture() as said:
        encoder_summary.print_run(made, tmp_path)
    text = said.get()
    for figure in (
        "51.2%",
        "38.7%",
        "4.3%",
        "93.1%",
        "88.2%",
        "0.456",
        "0.123",
        "0.701",
        "0.007",
        "1,001",
    ):
        assert figure in text, figure
    assert "123,456 tokens in 78 s" in text
    assert str(made["encoder"].path) in text.replace("\n", "")


def test_json_holds_all_of_it(made):
    found = json.loads(json.dumps(encoder_summary.run_as_json(made)))
    assert found["statistics"]["encoder_evaluation"] == FOUND
    assert found["artifacts"]["encoder"] == str(made["encoder"].path)
