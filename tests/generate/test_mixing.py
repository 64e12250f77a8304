from dataclasses import replace

import numpy as np

from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.index import Index, Origin
from fakes import FakeEngine, rambling, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
LEARNED = "def zebra(first, second):\n    return quagga(second, first)\n"
REQUEST = CompletionRequest(LEARNED[: LEARNED.index("quagga(") + 7], max_tokens=12, lines=1)


def unsure() -> FakeEngine:
    """A model that knows nothing: all ids are nearly as likely."""
    return FakeEngine(lambda row, _: np.linspace(0, 0.1, V).astype(np.float32), V)


def index_of(text: str) -> Index:
    return Index.of(TOKENIZER, [TOKENIZER.encode(text)], [Origin("mine", "a.py")])


def answer(engine, index=None, *, mix=True, request=REQUEST):
    return collect(EngineCompleter(engine, TOKENIZER, index=index, mix=mix), request).text


def test_an_index_tells_a_model_what_it_does_not_know():
    assert answer(unsure(), index_of(LEARNED)) == "second, first)"
    assert answer(unsure()) != "second, first)"
    assert answer(unsure(), index_of(LEARNED), mix=False) != "second, first)"


def test_what_the_index_has_of_the_open_file_is_left_out():
    known = index_of(LEARNED)  # of a.py
    other = replace(REQUEST, path="b.py")
    assert answer(unsure(), known, request=other) == "second, first)"
    assert answer(unsure(), known, request=replace(REQUEST, path="a.py")) != "second, first)"


def test_the_open_file_does_too():
    request = replace(REQUEST, prefix=LEARNED + "\n" + REQUEST.prefix)
    assert answer(unsure(), request=request) == "second, first)"
    assert answer(unsure(), request=request, mix=False) != "second, first)"


def test_drafts_from_an_index_change_nothing_of_what_a_model_says():
    for seed, temperature in ((0, 0.0), (1, 1.0), (2, 1.0)):
        request = CompletionRequest(
            REQUEST.prefix, max_tokens=30, temperature=temperature, seed=seed
        )
        alone = answer(rambling(V), mix=False, request=request)
        assert answer(rambling(V), index_of(LEARNED), mix=False, request=request) == alone
        mixed = answer(rambling(V), index_of(LEARNED), request=request)
        assert answer(rambling(V), index_of(LEARNED), request=request) == mixed
