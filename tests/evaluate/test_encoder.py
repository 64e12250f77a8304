"""The evaluation of an encoder, with stand-ins whose answers are known: shares and ranks by hand."""

import json

import numpy as np
import pytest

from codekiln.artifact import Stage, produce
from codekiln.evaluate.encoder import STAGE, EncoderEvaluationConfig
from codekiln.inputs.formats import DOCUMENTATION, segment_alone, segment_pair
from codekiln.model import encoder as encoder_module
from fakes import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
LENGTH, CODE = 96, 80
WORDS = ["alpha", "beta", "gamma", "delta", "omega", "sigma", "kappa", "theta"]


class StandIn:
    """Guesses one token always, calls a pair right by its first word, and embeds by `vector`."""

    tokenizer = TOKENIZER

    def __init__(self, token=0, vector=None):
        self._token, self._vector = token, vector
        self.masked = []

    def guess(self, rows, places):
        self.masked.append((rows, places))
        return np.full(int(places.sum()), self._token)

    def follows(self, rows):
        return np.array(
            [1.0 if TOKENIZER.decode(row).startswith("alpha") else -1.0 for row in rows]
        )

    def embed(self, texts):
        return np.array([self._vector(TOKENIZER.decode(ids)) for ids in texts], np.float32)


def write_segments(config, inputs, out):
    """The second half repeats the first one's word where it follows, and two times in four where not."""
    for split in ("train", "held_out"):
        rows = []
        for n in range(40):
            word = WORDS[n % 8]
            follows = n % 2 == 0
            other = word if follows or n % 4 == 1 else "zeta"
            halves = (TOKENIZER.encode(f"{text}\n" * 3) for text in (word, other))
            rows.append([*segment_pair(TOKENIZER, *halves, LENGTH), int(follows)])
        np.save(out / f"{split}-00000.npy", np.array(rows, np.uint16))
    return {}


def write_functions(config, inputs, out):
    """Function n says n in both halves; Python has 12, Go 5, and one name is there twice."""
    for split in ("train", "held_out"):
        rows = []
        for n in range(18):
            text, code = (
                segment_alone(TOKENIZER, TOKENIZER.encode(text), size)
                for text, size in (
                    (f"adds things n{n}", DOCUMENTATION),
                    (f"def f(): return n{n}", CODE),
                )
            )
            rows.append([*text, *code, 0 if n == 17 else n])
        np.save(out / f"{split}-00000.npy", np.array(rows, np.uint16))
        languages = np.array(["go"] * 5 + ["python"] * 13, "U16")
        np.save(out / f"languages-{split}-00000.npy", languages)
    return {}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    work = tmp_path_factory.mktemp("rows")
    return {
        "segments": produce(Stage("segments", 1, write_segments), {}, {}, work, "t"),
        "functions": produce(Stage("functions", 1, write_functions), {}, {}, work, "t"),
        "model": produce(Stage("model", 1, lambda *_: {}), {}, {}, work, "t"),
        "encoder": produce(Stage("encoder", 1, lambda *_: {}), {}, {}, work, "t"),
    }


def number(text):
    return int(text.rpartition("n")[2])


def one_hot(text):
    return np.eye(18)[number(text)]


def evaluated(made, tmp_path, monkeypatch, model, encoder, **settings):
    def load(folder):
        return model if folder == made["model"].path else encoder

    monkeypatch.setattr(encoder_module, "load_encoder", load)
    artifact = produce(STAGE, EncoderEvaluationConfig(**settings), made, tmp_path, "e")
    assert json.loads(artifact.file("evaluation.json").read_text()) == artifact.statistics
    return artifact.statistics


def test_what_is_masked_and_what_counts(rows, tmp_path, monkeypatch):
    token = TOKENIZER.encode("a")[0]
    model = StandIn(token, one_hot)
    found = evaluated(rows, tmp_path, monkeypatch, model, model)["masked"]
    ids = np.load(rows["segments"].file("held_out-00000.npy")).astype(int)[:, :-1]
    for name, (shown, places) in zip(("accuracy", "whole_tokens"), model.masked, strict=True):
        assert (shown[places] == 28).all()
        assert np.array_equal(shown[~places], ids[~places])
        assert 0.1 < places.sum() / (ids >= 30).sum() < 0.2
        assert found[name] == pytest.approx((ids[places] == token).mean(), abs=1e-4)
    _, places = model.masked[0]
    assert found["guesses"] == places.sum()
    train = np.load(rows["segments"].file("train-00000.npy"))[:, :-1]
    values, counts = np.unique(train[train >= 30], return_counts=True)
    commonest = values[counts.argmax()]
    assert found["unigram"] == pytest.approx((ids[places] == commonest).mean(), abs=1e-4)


def test_next_segments_beside_shared_words_and_chance(rows, tmp_path, monkeypatch):
    model = StandIn(vector=one_hot)
    found = evaluated(rows, tmp_path, monkeypatch, model, model)["next_segment"]
    # "alpha" is right 5 times, the 15 others that follow are missed, and the 20 that do not are seen.
    assert found == {"accuracy": 25 / 40, "overlap": 30 / 40, "chance": 0.5, "rows": 40}


def test_retrieval_by_language_beside_what_needs_no_model(rows, tmp_path, monkeypatch):
    exact, blind = StandIn(vector=one_hot), StandIn(vector=lambda text: np.ones(18))
    found = evaluated(rows, tmp_path, monkeypatch, blind, exact, distractors=9)["retrieval"]
    assert list(found) == ["python"]  # Go has too few
    ranks = found["python"]
    assert ranks["functions"] == 10
    assert ranks["encoder"] == 1
    assert ranks["before"] == pytest.approx(1 / 5.5, abs=1e-4)
    assert ranks["chance"] == pytest.approx(sum(1 / n for n in range(1, 11)) / 10, abs=1e-4)
    assert ranks["bm25"] == 1  # the number of both halves is a word
    assert ranks["both"] == 1


def test_what_no_language_has_enough_of_is_mixed(rows, tmp_path, monkeypatch):
    model = StandIn(vector=one_hot)
    found = evaluated(rows, tmp_path, monkeypatch, model, model, distractors=1000)["retrieval"]
    assert list(found) == ["all"]
    assert found["all"]["functions"] == 17  # of two with one name, one
    assert found["all"]["encoder"] == 1


def test_few_rows_are_drawn_evenly(rows, tmp_path, monkeypatch):
    model = StandIn(vector=one_hot)
    assert evaluated(rows, tmp_path, monkeypatch, model, model, rows=7)["next_segment"]["rows"] == 7
