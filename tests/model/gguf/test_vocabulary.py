"""Tokenizers to GGUF and back: the same ids, the same control; what llama.cpp does not know is refused."""

import json
from types import SimpleNamespace

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers

from codekiln.errors import ModelError
from codekiln.model.gguf import tokenizer_of
from codekiln.model.gguf.vocabulary import CONTROL, NORMAL, UNUSED, metadata_of
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, llama3, qwen2, smollm

TOKENIZERS = {
    "ours": tiny_tokenizer(),
    "smollm": foreign(smollm(), "<|im_end|>"),
    "qwen2": foreign(qwen2(), "<|endoftext|>"),
    "llama-bpe": foreign(llama3(), "<|eot_id|>"),
}
SIZE = 400


def through(tokenizer, **changes):
    """The tokenizer that comes out of the metadata of another."""
    return read(metadata_of(tokenizer, SIZE) | changes)


def read(metadata):
    definition, entries = tokenizer_of(SimpleNamespace(path="a.gguf", metadata=metadata))
    return Tokenizer(definition, entries)


@pytest.fixture(params=TOKENIZERS)
def name(request):
    return request.param


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("aab_ZéЖ日 019  \t\r\n\n.()'\"#=->stdmlvre\u00a0🎉<|im_end|>")))
def test_ids_of_any_text_are_the_same(text):
    for tokenizer in TOKENIZERS.values():
        inner = tokenizers.Tokenizer.from_str(tokenizer.definition)
        text = inner.normalizer.normalize_str(text) if inner.normalizer else text
        back = BACK[id(tokenizer)]
        assert back.encode(text) == tokenizer.encode(text)
        assert back.decode(back.encode(text)) == text


BACK = {id(tokenizer): through(tokenizer) for tokenizer in TOKENIZERS.values()}


def test_control_is_the_same(name):
    tokenizer = TOKENIZERS[name]
    back = BACK[id(tokenizer)]
    for what in ("native", "opening", "end", "stop", "text_ids", "vocabulary_size"):
        assert getattr(back, what) == getattr(tokenizer, what), what
    for token in ("<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>"):
        assert back.knows(token) == tokenizer.knows(token)
        assert not back.knows(token) or back.special(token) == tokenizer.special(token)


def test_what_is_written_of_ours():
    entries = metadata_of(tiny_tokenizer(), SIZE)
    size = tiny_tokenizer().vocabulary_size
    said = {name.removeprefix("tokenizer.ggml."): value for name, value in entries.items()}
    assert (said["model"], said["pre"]) == ("gpt2", "qwen2")
    assert len(said["tokens"]) == len(set(said["tokens"])) == len(said["token_type"]) == SIZE
    control = [place for place, kind in enumerate(said["token_type"]) if kind == CONTROL]
    assert control == sorted(set(range(size)) - tiny_tokenizer().text_ids)
    assert said["token_type"][size:] == [UNUSED] * (SIZE - size)
    assert set(said["token_type"][len(control) : size]) == {NORMAL}
    assert (said["bos_token_id"], said["eos_token_id"], said["add_bos_token"]) == (0, 0, True)
    found = [said[f"fim_{part}_token_id"] for part in ("pre", "mid", "suf", "pad")]
    assert found == [1, 2, 3, 4]
    merges = json.loads(tiny_tokenizer().definition)["model"]["merges"]
    assert [merge.split(" ") for merge in said["merges"]] == merges


@pytest.mark.parametrize(
    ("kind", "opens"), [("smollm", False), ("qwen2", False), ("llama-bpe", True)]
)
def test_a_text_is_opened_as_the_model_has_learned(kind, opens):
    entries = metadata_of(TOKENIZERS[kind], SIZE)
    assert entries["tokenizer.ggml.pre"] == kind
    assert entries["tokenizer.ggml.add_bos_token"] is opens
    del entries["tokenizer.ggml.add_bos_token"]  # then it is for the kind to say
    definition, _ = tokenizer_of(SimpleNamespace(path="a.gguf", metadata=entries))
    inner = tokenizers.Tokenizer.from_str(definition)
    assert (inner.encode("a").ids[0] in TOKENIZERS[kind].text_ids) is not opens


def test_pieces_that_are_tokens_are_taken_whole_where_the_model_has_learned_it():
    for name, tokenizer in TOKENIZERS.items():
        whole = len(BACK[id(tokenizer)].encode("zqz")) == 1
        assert whole == (name == "llama-bpe")
        assert BACK[id(tokenizer)].encode("zqz") == tokenizer.encode("zqz")


def test_a_chat_template_is_kept():
    inner = smollm()
    chat = Tokenizer(inner.to_str(), {"eos_token": "<|im_end|>", "chat_template": "{{ x }}"})
    assert through(chat).settings["chat_template"] == "{{ x }}"
    assert "chat_template" not in BACK[id(TOKENIZERS["smollm"])].settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokenizer.ggml.model": "llama"}, "of kind 'llama' with pieces of 'qwen2'"),
        ({"tokenizer.ggml.pre": "deepseek-coder"}, "pieces of 'deepseek-coder'.*qwen2, smollm"),
    ],
)
def test_another_kind_is_refused(changes, words):
    with pytest.raises(ModelError, match=f"{words}.*: take another model"):
        through(tiny_tokenizer(), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"tokenizer.ggml.eos_token_id": SIZE},
        {"tokenizer.ggml.token_type": [NORMAL]},
        {"tokenizer.ggml.tokens": 7},
        {"tokenizer.ggml.merges": ["a b c"]},
        {"tokenizer.ggml.merges": ["no such"]},
    ],
    ids=str,
)
def test_metadata_that_make_no_sense_are_told(changes):
    with pytest.raises(ModelError, match=r"is damaged .its tokenizer: .*: fetch it again"):
        through(tiny_tokenizer(), **changes)


def test_a_token_that_is_there_twice_is_told():
    entries = metadata_of(tiny_tokenizer(), SIZE)
    tokens = list(entries["tokenizer.ggml.tokens"])
    tokens[100] = tokens[101]
    with pytest.raises(ModelError, match="a token is there twice"):
        read(entries | {"tokenizer.ggml.tokens": tokens})


def test_pieces_that_llama_cpp_has_no_name_for_are_refused():
    inner = smollm()
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    with pytest.raises(ModelError, match="export it with --format hf"):
        metadata_of(foreign(inner, "<|im_end|>"), SIZE)
    inner.model = models.BPE()
