"""The layouts, written out by hand."""

import pytest

from codekiln.errors import UsageError
from codekiln.inputs import Header, fill_in_the_middle, header_ids
from codekiln.inputs.formats import prompt_order, segment_alone, segment_pair
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, llama3, qwen2, smollm

END, PREFIX, MIDDLE, SUFFIX, _, REPOSITORY, FILE, LANGUAGE = range(8)
WEB, DATABASE, CONCURRENCY = 8, 17, 27
PADDING, SEPARATOR = 4, 29


def test_psm_and_spm_are_as_published():
    p, m, s = [100, 101], [110], [120, 121, 122]
    layouts = {o: fill_in_the_middle(tiny_tokenizer(), p, m, s, o) for o in ("psm", "spm")}
    assert layouts == {
        "psm": [PREFIX, 100, 101, SUFFIX, 120, 121, 122, MIDDLE, 110],
        "spm": [PREFIX, SUFFIX, 120, 121, 122, MIDDLE, 100, 101, 110],
    }


@pytest.mark.parametrize("order", ["psm", "spm"])
def test_a_prompt_is_how_an_example_begins(order):
    p, s = [100, 101], [120, 121]
    prompt = fill_in_the_middle(tiny_tokenizer(), p, [], s, order)
    example = fill_in_the_middle(tiny_tokenizer(), p, [110, 111], s, order)
    assert example == [*prompt, 110, 111]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (Header(), [END]),
        (Header("r", "a.py", "python"), [END, REPOSITORY, "r", FILE, "a.py", LANGUAGE, "python"]),
        (Header(path="a.py"), [END, FILE, "a.py"]),
        (Header(repository="r", language="c"), [END, REPOSITORY, "r", LANGUAGE, "c"]),
        (Header(language="<fim_prefix>"), [END, LANGUAGE, "<fim_prefix>"]),
        (Header(domains=("web",)), [END, WEB]),
        (Header(language="c", domains=("database",)), [END, LANGUAGE, "c", DATABASE]),
        (Header(domains=("concurrency", "web", "database")), [END, WEB, DATABASE, CONCURRENCY]),
    ],
)
def test_fields_that_are_not_known_are_dropped(header, expected):
    tokenizer = tiny_tokenizer()
    ids = []
    for part in [*expected, "\n"] if len(expected) > 1 else expected:
        ids += tokenizer.encode(part) if isinstance(part, str) else [part]
    assert header_ids(tokenizer, header) == ids


@pytest.mark.parametrize("domain", ["webb", "Web", "<domain:web>", ""])
def test_a_domain_that_there_is_not_is_refused(domain):
    with pytest.raises(UsageError, match=f"'{domain}' is no domain of code: known are web, mobile"):
        Header(domains=("data", domain))


def test_another_model_has_its_own_opening_and_no_header():
    header = Header("r", "a.py", "python", ("web",))
    for inner, end, opening in (
        (smollm(), "<|im_end|>", "<|endoftext|>"),
        (qwen2(), "<|im_end|>", "<|endoftext|>"),
        (llama3(), "<|eot_id|>", "<|begin_of_text|>"),
    ):
        assert header_ids(foreign(inner, end), header) == [inner.token_to_id(opening)]


def test_another_model_is_asked_for_a_middle_as_it_has_learned_or_not_at_all():
    inner = qwen2()
    coder = foreign(inner, "<|endoftext|>")
    assert prompt_order(coder) == "psm"
    names = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
    first, second, third = map(inner.token_to_id, names)
    assert fill_in_the_middle(coder, [5], [], [6], "psm") == [first, 5, second, 6, third]
    assert prompt_order(foreign(smollm(), "<|im_end|>")) is None
    assert prompt_order(tiny_tokenizer()) == "spm"


def test_what_an_encoder_reads():
    a, b, tokenizer = [100, 101], [110, 111, 112], tiny_tokenizer()
    pair = [END, 100, 101, SEPARATOR, 110, 111, 112, END]
    assert segment_pair(tokenizer, a, b, 10) == [*pair, PADDING, PADDING]
    assert segment_pair(tokenizer, a, b, 8) == [END, 100, 101, SEPARATOR, 110, 111, END, PADDING]
    assert segment_pair(tokenizer, b, a, 7) == [END, 110, 111, SEPARATOR, 100, 101, END]
    assert segment_alone(tokenizer, b, 7) == [END, 110, 111, 112, END, PADDING, PADDING]
    assert segment_alone(tokenizer, b, 5) == [END, *b, END]
    assert segment_alone(tokenizer, b, 4) == [END, 110, 111, END]
    assert segment_alone(tokenizer, [], 4) == [END, END, PADDING, PADDING]
