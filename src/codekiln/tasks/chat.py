"""The prompt of a chat: a question as the model's own template has it, and how its answer begins.

Only what the template writes is control. A question, which may be anybody's text, is characters.
"""

from collections.abc import Mapping
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from codekiln.errors import ModelError, UsageError
from codekiln.tokenizer import Tokenizer

TEMPLATE = "chat_template"
_QUESTION = "\ue000question\ue001"  # stands in the template's text until its control has been found


def knows_chat(tokenizer: Tokenizer) -> bool:
    """Whether the model came with a template."""
    return isinstance(tokenizer.settings.get(TEMPLATE), str)


def chat_prompt(tokenizer: Tokenizer, question: str, begun: str = "") -> list[int]:
    """The ids of one turn, up to where the model goes on; its answer has been `begun`.

    Raises:
        UsageError: the model has no template.
        ModelError: its template cannot be rendered.
    """
    if not knows_chat(tokenizer):
        raise UsageError("This model has no chat template: ask it with the raw prompt.")
    pieces = tokenizer.split_control(_rendered(tokenizer.settings))
    if isinstance(pieces[-1], int):
        pieces.append("")
    pieces[-1] = f"{pieces[-1]}{begun}"  # so that tokens may cross the template's end
    ids: list[int] = []
    for piece in pieces:
        if isinstance(piece, int):
            ids.append(piece)
        else:
            ids += tokenizer.encode(piece.replace(_QUESTION, question))
    return ids


def _rendered(settings: Mapping[str, Any]) -> str:
    """What the template makes of one question, as `transformers` renders it."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    try:
        return environment.from_string(settings[TEMPLATE]).render(
            messages=[{"role": "user", "content": _QUESTION}],
            add_generation_prompt=True,
            **{name: _name(settings.get(name)) for name in ("bos_token", "eos_token")},
        )
    except Exception as error:  # a template may do anything that the environment allows
        raise ModelError(
            f"The chat template cannot be read ({error}): fetch the model again."
        ) from None


def _name(token: object) -> object:
    return token.get("content") if isinstance(token, Mapping) else token or ""
