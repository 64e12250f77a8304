"""The stage: learnt from the training side alone, measured on the other."""

import pytest

from codekiln.artifact import produce
from codekiln.config import parse
from codekiln.corpus import documents
from codekiln.errors import RecipeError
from codekiln.telemetry import listening
from codekiln.tokenizer import Tokenizer, train_bpe
from codekiln.tokenizer.sample import choose
from codekiln.tokenizer.stage import STAGE, TokenizerConfig
from fakes import build_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    files = {
        f"package{n}/module.py": f"def function_{n}(value):\n    return value * {n} + {n}\n" * 9
        for n in range(8)
    }
    return build_corpus(tmp_path_factory.mktemp("corpus"), files)


def built(corpus, tmp_path, **settings):
    return produce(STAGE, TokenizerConfig(**settings), {"corpus": corpus}, tmp_path, "t")


def test_it_is_learnt_from_the_training_side(corpus, tmp_path):
    artifact = built(corpus, tmp_path, vocabulary=305)
    tokenizer = Tokenizer.load(artifact.path)
    train = [document.content for document in documents(corpus, "train")]
    held_out = [document.content for document in documents(corpus, "held_out")]
    assert train
    assert held_out
    assert tokenizer.definition == train_bpe(iter(train), 305).definition
    text_bytes = sum(len(text.encode()) for text in held_out)
    tokens = sum(len(tokenizer.encode(text)) for text in held_out)
    assert artifact.statistics == {
        "vocabulary": 305,
        "sample": {"python": sum(len(text.encode()) for text in train)},
        "held_out_bytes_per_token": round(text_bytes / tokens, 4),
        "languages": {"python": round(text_bytes / tokens, 4)},
    }


def test_a_small_corpus_may_give_fewer_ids(corpus, tmp_path):
    artifact = built(corpus, tmp_path, vocabulary=5000)
    assert 286 < artifact.statistics["vocabulary"] < 1000
    assert Tokenizer.load(artifact.path).vocabulary_size == artifact.statistics["vocabulary"]


def test_the_sample_alone_is_read_and_its_reading_is_seen(corpus, tmp_path):
    chosen = choose(corpus, 1000)
    assert 0 < chosen.bytes <= 1000
    events = []
    with listening(events.append):
        artifact = built(corpus, tmp_path, vocabulary=305, sample_bytes=1000)
    done = [event.done for event in events]
    assert done == sorted(done)
    assert {0, chosen.bytes} < set(done)
    assert artifact.statistics["sample"] == {"python": chosen.bytes}
    texts = (document.content for document in chosen.documents())
    assert Tokenizer.load(artifact.path).definition == train_bpe(texts, 305).definition


def test_bytes_per_token_are_told_by_language(tmp_path):
    files = {f"one/module_{n}.py": f"def f{n}():\n    return {n}\n" * 9 for n in range(5)}
    files |= {f"two/page_{n}.lua": f"local a{n} = {n}\nprint(a{n})\n" * 9 for n in range(5)}
    corpus = build_corpus(tmp_path, files)
    artifact = built(corpus, tmp_path, vocabulary=300)
    tokenizer = Tokenizer.load(artifact.path)
    expected = {}
    for name in {document.language for document in documents(corpus, "held_out")}:
        texts = [d.content for d in documents(corpus, "held_out") if d.language == name]
        tokens = sum(len(tokenizer.encode(text)) for text in texts)
        expected[name] = round(sum(len(text.encode()) for text in texts) / tokens, 4)
    assert artifact.statistics["languages"] == expected
    assert len(artifact.statistics["sample"]) == 2


def test_the_smallest_vocabulary_is_bytes_and_control(corpus, tmp_path):
    parse(TokenizerConfig, {"vocabulary": 286})
    with pytest.raises(RecipeError, match="'vocabulary' must be 286 to 1000000, not 285"):
        parse(TokenizerConfig, {"vocabulary": 285})
    assert built(corpus, tmp_path, vocabulary=286).statistics["vocabulary"] == 286
