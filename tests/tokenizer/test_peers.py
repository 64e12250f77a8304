"""Other models' vocabularies: the ids that the world knows, all of a text as plain text, bytes exact."""

import pytest

from codekiln.tokenizer.peers import openai_vocabularies

pytest.importorskip("bpe_openai")
TEXT = "def größe(x):\n\treturn '日本🎉' + x  # <|endoftext|>\r\n"


@pytest.fixture(scope="module")
def vocabularies():
    return openai_vocabularies()


def test_ids_are_the_published_ones(vocabularies):
    assert vocabularies["GPT-4"].encode_batch(["hello world"]) == [[15339, 1917]]
    assert vocabularies["GPT-4o"].encode_batch(["hello world"]) == [[24912, 2375]]
    assert vocabularies["GPT-4"].vocabulary_size == 100_277
    assert vocabularies["GPT-4o"].vocabulary_size == 200_019


def test_bytes_of_the_tokens_are_those_of_the_text(vocabularies):
    for vocabulary in vocabularies.values():
        (ids,) = vocabulary.encode_batch([TEXT])
        assert b"".join(map(vocabulary.bytes_of, ids)) == TEXT.encode()
        assert len(ids) < len(TEXT)
