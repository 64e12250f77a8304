"""Control tokens that another model's tokenizer lacks."""

import pytest

from codekiln.errors import UsageError
from codekiln.inputs.formats import prompt_order
from codekiln.tokenizer.extending import extend
from codekiln.tokenizer.special import FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX
from fakes import tiny_tokenizer
from foreign_tokenizers import TEXTS, foreign, llama3, qwen2, smollm

FIM = (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE)


@pytest.mark.parametrize(("make", "end"), [(smollm, "<|im_end|>"), (llama3, "<|eot_id|>")])
def test_new_tokens_come_last_and_text_is_as_before(make, end):
    old = foreign(make(), end)
    new, ids = extend(old, FIM)
    assert ids == [old.vocabulary_size + place for place in range(3)]
    assert [new.special(token) for token in FIM] == ids
    assert (prompt_order(old), prompt_order(new)) == (None, "psm")
    for text in (*TEXTS[:2], "a <fim_prefix> b <|im_end|>", "\n\n  x"):
        assert new.encode(text) == old.encode(text)
        assert new.decode(new.encode(text)) == text
    assert all(new.bytes_of(token) == b"" for token in ids)
    assert (new.opening, new.end, new.stop) == (old.opening, old.end, old.stop)
    assert new.fingerprint != old.fingerprint


def test_what_is_known_is_not_added():
    qwen = foreign(qwen2(), "<|im_end|>")
    assert extend(qwen, FIM) == (qwen, [])
    assert extend(tiny_tokenizer(), FIM) == (tiny_tokenizer(), [])
    some, ids = extend(foreign(smollm(), "<|im_end|>"), FIM[:1])
    again, more = extend(some, FIM)
    assert more == [ids[0] + 1, ids[0] + 2]
    assert again.special(FIM_PREFIX) == ids[0]


def test_what_nobody_would_know_is_refused():
    with pytest.raises(
        UsageError, match=r"<domain:web> is no token to add: known are .*<fim_prefix>"
    ):
        extend(foreign(smollm(), "<|im_end|>"), ("<domain:web>",))
