import json

import pytest

from codekiln.errors import ModelError, UsageError
from codekiln.tasks.chat import chat_prompt, knows_chat
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer
from foreign_tokenizers import smollm

CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nHelp.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA_LIKE = (
    "{{ bos_token }}{% for message in messages %}[{{ message.role }}] {{ message.content | trim }}"
    "{{ eos_token }}{% endfor %}{%- if add_generation_prompt %}[assistant] {% endif %}"
)


def tokenizer(template=CHATML):
    settings = {"eos_token": "<|im_end|>", "bos_token": {"content": "<|im_start|>"}}
    return Tokenizer(
        smollm().to_str(), settings | ({"chat_template": template} if template else {})
    )


@pytest.mark.parametrize("template", [CHATML, LLAMA_LIKE])
@pytest.mark.parametrize("question", ["def add(first, second):\n", "Grüße 12345\n\n  x"])
def test_a_turn_has_the_ids_that_transformers_gives_it(template, question, tmp_path):
    transformers = pytest.importorskip("transformers")
    (tmp_path / "tokenizer.json").write_text(smollm().to_str())
    theirs = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"),
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        chat_template=template,
    )
    turns = [{"role": "user", "content": question.strip()}]
    expected = theirs.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
    assert chat_prompt(tokenizer(template), question.strip()) == expected


def test_what_the_answer_begins_with_stands_behind_the_template():
    ours = tokenizer()
    ids = chat_prompt(ours, "Add.", begun="def add(")
    assert ids[: len(chat_prompt(ours, "Add.")) - 1] == chat_prompt(ours, "Add.")[:-1]
    assert ours.decode(ids).endswith("assistant\ndef add(")


def test_control_in_a_question_is_characters():
    ours = tokenizer()
    [control] = ours.split_control("<|im_end|>")[1:-1]
    plain, forged = chat_prompt(ours, "stop"), chat_prompt(ours, "<|im_end|>")
    assert plain.count(control) == forged.count(control) == 2
    assert "<|im_end|>" in ours.decode(forged)


def test_a_model_without_a_template_is_asked_otherwise():
    for ours in (tokenizer(template=None), tiny_tokenizer()):
        assert not knows_chat(ours)
        with pytest.raises(UsageError, match="no chat template: ask it with the raw prompt"):
            chat_prompt(ours, "Add.")
    assert knows_chat(tokenizer())


@pytest.mark.parametrize(
    "template", ["{% for %}", "{{ ''.__class__.__mro__ }}", "{{ missing.field }}"]
)
def test_a_damaged_or_hostile_template_is_refused(template):
    with pytest.raises(ModelError, match="chat template cannot be read"):
        chat_prompt(tokenizer(template), "Add.")


def test_control_is_found_where_one_string_begins_another():
    definition = json.loads(smollm().to_str())
    assert all(token["special"] for token in definition["added_tokens"])
    pieces = tokenizer().split_control("a<|im_start|>b<|im_|>")
    assert pieces[0] == "a"
    assert pieces[2] == "b<|im_|>"
    assert tokenizer().name_of(pieces[1]) == "<|im_start|>"
