"""Chats through the completer of our own engines."""

from dataclasses import replace

import pytest

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.index.open_file import OpenFile
from codekiln.tasks.chat import Message, chat_prompt
from codekiln.tokenizer import Tokenizer
from fakes import rambling, saying, tiny_tokenizer
from foreign_tokenizers import smollm

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}<|im_start|>assistant\n"
)
SETTINGS = {"eos_token": "<|im_end|>", "bos_token": "<|im_start|>", "chat_template": TEMPLATE}
TOKENIZER = Tokenizer(smollm().to_str(), SETTINGS)
V = TOKENIZER.vocabulary_size
TURNS = (Message("system", "Short."), Message("user", "Add a and b."))
REQUEST = CompletionRequest(messages=TURNS, max_tokens=20)


def completer(**how):
    return EngineCompleter(rambling(V), TOKENIZER, **how)


def test_the_prompt_is_the_template_and_the_answer_ends_with_a_turn():
    ids = TOKENIZER.encode("a + b")
    engine = saying([*ids, TOKENIZER.stop], V)
    engine.stride = 1000
    found = collect(EngineCompleter(engine, TOKENIZER), REQUEST)
    assert (found.text, found.finish_reason) == ("a + b", "end")
    assert found.timings.prompt_tokens == len(chat_prompt(TOKENIZER, TURNS))
    assert engine.rows[0][: found.timings.prompt_tokens] == chat_prompt(TOKENIZER, TURNS)


def test_an_answer_is_the_models_alone():
    """Neither healed nor mixed: a plain engine gives the same, with any index and any open file before."""
    index = OpenFile(TOKENIZER).index("a and b.\nassistant\nmessages\n" * 20, "")
    mixing = completer(index=index, mix=True, heal=True)
    text = CompletionRequest("Add a and b.\nassistant\n", max_tokens=20)
    assert collect(mixing, text).token_ids != collect(completer(heal=False), text).token_ids
    alone = collect(completer(heal=False), REQUEST)
    assert collect(mixing, REQUEST).token_ids == alone.token_ids
    assert collect(mixing, REQUEST).logprobs == alone.logprobs


@pytest.mark.parametrize(
    "text",
    [
        {"prefix": "x"},
        {"suffix": "x"},
        {"context": "x\n"},
        {"lines": 1},
        {"block": True},
        {"beams": 2},
        {"best_of": 2, "temperature": 1.0},
        {"line_deadline_ms": 5.0},
    ],
)
def test_a_chat_is_its_messages_alone(text):
    with pytest.raises(UsageError, match=f"messages alone: leave {next(iter(text))} out"):
        completer().complete(replace(REQUEST, **text))


def test_a_chat_is_not_cut():
    long = (*TURNS[:1], Message("user", "Add. " * 300))
    tokens = len(chat_prompt(TOKENIZER, long))
    assert tokens > 500
    with pytest.raises(UsageError, match=f"The messages have {tokens} tokens, and 500 is the room"):
        completer().complete(replace(REQUEST, messages=long, max_tokens=900))
    with pytest.raises(UsageError, match="and 7 is the room for them: send fewer"):
        completer().complete(replace(REQUEST, max_prompt_tokens=7))
    assert collect(completer(), replace(REQUEST, max_prompt_tokens=100)).token_ids


def test_a_model_without_a_template_is_not_asked():
    tiny = tiny_tokenizer()
    plain = EngineCompleter(rambling(tiny.vocabulary_size), tiny)
    with pytest.raises(UsageError, match="no chat template: ask it with the raw prompt"):
        plain.complete(REQUEST)
    assert collect(plain, CompletionRequest("Add a", max_tokens=3)).token_ids
