"""llama.cpp itself loads what we write: the same ids, and logits as close as its arithmetic allows.

Needs `llama-cpp-python`, which pip compiles for some minutes: the extra `llama`, which no other has in it.
"""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest
import torch

from codekiln.model.gguf import config_of, read_gguf, tokenizer_of
from codekiln.model.weights import assemble
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import SPECIAL_TOKENS
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, llama3, qwen2, smollm
from model.gguf.exported import FAMILIES, export
from model.shapes import all_logits
from model.test_hugging_face import name_of

llama_cpp = pytest.importorskip(
    "llama_cpp", reason="llama.cpp is not installed: pip install 'codekiln[llama]'"
)
TOKENIZERS = {
    "ours": tiny_tokenizer(),
    "smollm": foreign(smollm(), "<|im_end|>"),
    "qwen2": foreign(qwen2(), "<|endoftext|>"),
    "llama3": foreign(llama3(), "<|eot_id|>"),
}
TEXT = "def add(first, second):\n    return first + 12345  # Grüße\n\n\n" * 2


@pytest.fixture
def load():
    """Opens a file with llama.cpp, and closes it in the end."""
    opened = []

    def open_file(path, **options):
        settings = {"n_ctx": 256, "n_threads": 1, "verbose": False} | options
        opened.append(llama_cpp.Llama(str(path), **settings))
        return opened[-1]

    yield open_file
    for model in opened:
        model.close()


def their_logits(model, ids):
    model.reset()
    model.eval(ids)
    return torch.from_numpy(np.array(model.scores[: len(ids)]))


@pytest.mark.parametrize("config", FAMILIES, ids=name_of)
def test_logits_in_half_precision_are_ours(config, load, tmp_path):
    """Its products of fp16 matrices round the other factor to fp16 as well."""
    model = export(tmp_path, config)
    ids = [0, *tiny_tokenizer().encode(TEXT)]
    expected = all_logits(model, torch.tensor([ids]))[0]
    found = their_logits(load(tmp_path / "model.gguf", logits_all=True), ids)
    assert expected.std() > 0.3
    assert (found - expected).abs().max() < 0.02 * expected.std()


@pytest.mark.parametrize("kind", ["q8_0", "q4_0"])
def test_quantised_logits_are_those_of_the_quantised_model(kind, load, tmp_path):
    """Its products of quantised matrices quantise the other factor to 8 bits as well."""
    export(tmp_path, FAMILIES[0], kind)
    ours = assemble(config_of(read_gguf(tmp_path / "model.gguf")), tmp_path)
    ids = [0, *tiny_tokenizer().encode(TEXT)]
    expected = all_logits(ours, torch.tensor([ids]))[0]
    found = their_logits(load(tmp_path / "model.gguf", logits_all=True), ids)
    assert (found - expected).abs().max() < 0.3 * expected.std()
    assert (found - expected).square().mean().sqrt() < 0.05 * expected.std()


@pytest.fixture(params=TOKENIZERS)
def pair(request, load, tmp_path):
    """A tokenizer, and llama.cpp's of the file written with it."""
    tokenizer = TOKENIZERS[request.param]
    size = tokenizer.vocabulary_size + 3
    export(tmp_path, replace(FAMILIES[0], vocabulary=size), tokenizer=tokenizer)
    model = load(tmp_path / "model.gguf", vocab_only=True)

    def encode(text, **options):
        return model.tokenize(text.encode(), **{"add_bos": False, "special": False} | options)

    return tokenizer, model, encode


def shared_characters() -> list[str]:
    """Those of Unicode 3.2, which every table of characters knows."""
    known = unicodedata.ucd_3_2_0
    characters = map(chr, [*range(0xD800), *range(0xE000, 0x110000)])
    return [one for one in characters if known.category(one) not in ("Cn", "Co")]


def assert_same(encode, tokenizer, text):
    text = unicodedata.normalize("NFC", text)  # Qwen's own begins by this, llama.cpp does not
    assert encode(text) == tokenizer.encode(text), ascii(text)


def test_every_character_has_the_same_ids(pair):
    """One in 23 of them, that is: all 144,762 of Unicode 14 were the same when this was written."""
    tokenizer, _, encode = pair
    for one in shared_characters()[::23]:
        assert_same(encode, tokenizer, f"a{one}b {one}1{one}\n{one}")
    assert_same(encode, tokenizer, "zqz")  # one token of Llama 3's, though no merges lead to it


def test_any_text_has_the_same_ids(pair):
    tokenizer, _, encode = pair
    generator = np.random.default_rng(0)
    strange, common = shared_characters(), list("aeiou  \n\n\t'st123.,()=_\r")
    for _ in range(600):
        share, length = generator.random(), generator.integers(1, 25)
        pick = [strange if number < share else common for number in generator.random(length)]
        assert_same(encode, tokenizer, "".join(one[generator.integers(len(one))] for one in pick))


def test_the_strings_of_control_are_text_unless_asked_for(pair):
    tokenizer, _, encode = pair
    for token in sorted(set(range(tokenizer.vocabulary_size)) - tokenizer.text_ids):
        text = f"a {tokenizer.name_of(token)} b"
        assert encode(text) == tokenizer.encode(text)
        assert token in encode(text, special=True)


def test_what_opens_and_ends_is_known(pair):
    tokenizer, model, encode = pair
    assert model.token_eos() == tokenizer.stop
    opens = tokenizer.native or tokenizer is TOKENIZERS["llama3"]
    opening = [tokenizer.opening] if opens else []
    assert encode("a", add_bos=opens) == opening + tokenizer.encode("a")
    assert model._model.add_bos_token() is opens


def test_ours_has_the_tokens_that_fill_in_the_middle(load, tmp_path):
    export(tmp_path, FAMILIES[0])
    model = load(tmp_path / "model.gguf", vocab_only=True)._model
    found = [model.token_prefix(), model.token_middle(), model.token_suffix()]
    assert [SPECIAL_TOKENS[token] for token in found] == list(SPECIAL_TOKENS[1:4])


def test_a_definition_of_ours_comes_back_from_the_file(tmp_path):
    export(tmp_path, FAMILIES[0])
    back = Tokenizer(*tokenizer_of(read_gguf(tmp_path / "model.gguf")))
    assert back.native
    assert back.encode(TEXT) == tiny_tokenizer().encode(TEXT)
