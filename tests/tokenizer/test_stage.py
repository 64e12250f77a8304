"""The stage: learnt from the training side alone, measured on the other."""

import pytest

from codekiln.artifact import produce
from codekiln.config import parse
from codekiln.corpus import documents
from codekiln.errors import RecipeError
from codekiln.telemetry import listening
from codekiln.tokenizer import STAGE, Tokenizer, TokenizerConfig, train_bpe
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
        "held_out_bytes_per_token": round(text_bytes / tokens, 4),
    }


def test_a_small_corpus_may_give_fewer_ids(corpus, tmp_path):
    artifact = built(corpus, tmp_path, vocabulary=5000)
    assert 284 < artifact.statistics["vocabulary"] < 1000
    assert Tokenizer.load(artifact.path).vocabulary_size == artifact.statistics["vocabulary"]


def test_no_more_than_the_sample_is_read(corpus, tmp_path):
    sizes = [len(document.content.encode()) for document in documents(corpus, "train")]
    events = []
    with listening(events.append):
        artifact = built(corpus, tmp_path, vocabulary=305, sample_bytes=sum(sizes[:2]) + 1)
    assert events[-1].done == sum(sizes[:2])
    texts = [document.content for document in documents(corpus, "train")][:2]
    assert Tokenizer.load(artifact.path).definition == train_bpe(iter(texts), 305).definition


def test_the_smallest_vocabulary_is_bytes_and_control(corpus, tmp_path):
    parse(TokenizerConfig, {"vocabulary": 284})
    with pytest.raises(RecipeError, match="'vocabulary' must be 284 to 1000000, not 283"):
        parse(TokenizerConfig, {"vocabulary": 283})
    assert built(corpus, tmp_path, vocabulary=284).statistics["vocabulary"] == 284
