"""Assistants whose models say what a test wants, with everything above the engine as it is in use."""

from collections.abc import Sequence

import numpy as np

from codekiln.generate import Logits
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.serve.assistant import Assistant
from codekiln.serve.embedder import Embedded
from codekiln.tokenizer import Tokenizer
from fakes import FakeEngine, tiny_tokenizer
from foreign_tokenizers import smollm

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def chatting() -> Tokenizer:
    """A tokenizer of a model that chats, but fills in no middle."""
    settings = {"eos_token": "<|im_end|>", "bos_token": "<|im_start|>", "chat_template": CHATML}
    return Tokenizer(smollm().to_str(), settings)


def writing(ids: Sequence[int], vocabulary: int) -> FakeEngine:
    """An engine that begins with `ids` behind any prompt, and goes on with what is left of them."""

    def after(row: Sequence[int], _: int) -> Logits:
        said = next(n for n in range(len(ids) - 1, -1, -1) if list(row[len(row) - n :]) == ids[:n])
        logits = np.linspace(-1, 1, vocabulary).astype(np.float32)
        logits[ids[said]] = 9
        return logits

    return FakeEngine(after, vocabulary)


def assistant(text: str, tokenizer: Tokenizer | None = None, **more: object) -> Assistant:
    """One whose model writes a text and ends."""
    tokenizer = tokenizer or tiny_tokenizer()
    engine = writing([*tokenizer.encode(text), tokenizer.stop], tokenizer.vocabulary_size)
    completer = EngineCompleter(engine, tokenizer, heal=False)
    return Assistant(completer, name="small", tokenizer=tokenizer, **more)


class Lengths:
    """Makes of a text the vector of its length and of the number of its lines."""

    name = "lengths"

    def embed(self, texts: Sequence[str], _: object = None) -> Embedded:
        vectors = [[len(text), text.count("\n")] for text in texts]
        return Embedded(np.array(vectors, np.float32), sum(map(len, texts)))
