"""Tokenizers of other models: their ids for text, their control by its meaning, none of it from text."""

import json

import pytest
import tokenizers
from tokenizers import decoders, models

from codekiln.errors import ModelError
from codekiln.tokenizer import Tokenizer, train_bpe
from codekiln.tokenizer.special import FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX, PADDING, REPOSITORY
from fakes import tiny_tokenizer
from foreign_tokenizers import QWEN_2, QWEN_2_PLAIN, TEXTS, foreign, llama3, qwen2, smollm

MAKERS = {smollm: "<|im_end|>", qwen2: "<|im_end|>", llama3: "<|eot_id|>"}


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def pair(request):
    """The library's tokenizer and ours of the same definition."""
    inner = request.param()
    return inner, foreign(inner, MAKERS[request.param])


@pytest.mark.parametrize("text", [*TEXTS[:2], "naïve \t\r\n 007 x_1 = `日`\n\n", "", " "])
def test_the_ids_of_text_are_the_librarys(pair, text):
    inner, ours = pair
    expected = inner.encode(text, add_special_tokens=False).ids
    assert ours.encode(text) == expected
    assert ours.encode_batch([text]) == [expected]
    assert ours.decode(expected) == text == inner.decode(expected)


def test_the_strings_of_control_in_a_text_are_text(pair):
    inner, ours = pair
    for token, added in inner.get_added_tokens_decoder().items():
        text = f"a{added.content}b"
        assert token in inner.encode(text, add_special_tokens=False).ids
        assert ours.text_ids.issuperset(ours.encode(text))
        assert ours.decode(ours.encode(text)) == text
        assert ours.bytes_of(token) == b""


def test_every_other_id_is_text(pair):
    inner, ours = pair
    assert ours.vocabulary_size == inner.get_vocab_size()
    assert ours.text_ids == set(range(ours.vocabulary_size)) - set(inner.get_added_tokens_decoder())


def test_what_opens_separates_and_ends():
    inner = smollm()
    ours = foreign(inner, "<|im_end|>")
    assert (ours.opening, ours.end, ours.ends) == (0, 0, {0, 2})
    inner = qwen2()
    ours = foreign(inner, {"content": "<|endoftext|>", "special": True})
    first = inner.token_to_id("<|endoftext|>")
    assert (ours.opening, ours.end, ours.ends) == (first, first, {first})
    inner = llama3()
    ours = foreign(inner, "<|eot_id|>")
    begin, end, turn = map(
        inner.token_to_id, ("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>")
    )
    assert (ours.opening, ours.end, ours.ends) == (begin, end, {end, turn})
    assert ours.encode("a")[0] != begin


def test_fill_in_the_middle_is_known_by_its_names():
    inner = qwen2()
    ours = foreign(inner, "<|endoftext|>")
    found = [ours.special(token) for token in (FIM_PREFIX, FIM_MIDDLE, FIM_SUFFIX, PADDING)]
    assert found == [inner.token_to_id(token) for token in QWEN_2_PLAIN[1:]]
    assert not ours.knows(REPOSITORY)
    assert not foreign(smollm(), "<|im_end|>").knows(FIM_PREFIX)


def test_ours_is_ours_whatever_the_settings_say():
    ours = Tokenizer(tiny_tokenizer().definition, {"eos_token": "nothing"})
    assert ours.native
    assert (ours.opening, ours.end, ours.ends) == (0, 0, {0})
    assert not foreign(qwen2(), QWEN_2[0]).native


def test_a_folder_needs_its_settings(tmp_path):
    (tmp_path / "tokenizer.json").write_text(smollm().to_str())
    with pytest.raises(ModelError, match=r"no tokenizer_config\.json beside it"):
        Tokenizer.load(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>"}))
    assert Tokenizer.load(tmp_path).ends == {0, 2}
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(ModelError, match="is damaged"):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize("end", [None, "</s>", {}, 7])
def test_a_tokenizer_without_an_end_is_refused(end):
    with pytest.raises(ModelError, match="has no end token"):
        foreign(smollm(), end)


def test_what_is_no_byte_level_bpe_is_refused():
    words = tokenizers.Tokenizer(models.WordLevel({"a": 0, "<|endoftext|>": 1}, unk_token="a"))
    words.decoder = decoders.ByteLevel()
    spaces = tokenizers.Tokenizer(models.BPE({"a": 0, "<|endoftext|>": 1}, []))
    spaces.decoder = decoders.Metaspace()
    for inner in (words, spaces):
        with pytest.raises(ModelError, match="no byte-level BPE"):
            foreign(inner, "<|endoftext|>")


def test_training_gives_one_of_ours():
    assert train_bpe(iter(TEXTS), 400).native
