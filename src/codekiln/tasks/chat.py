"""The prompt of a chat: its messages as the model's own template has them, and how the answer begins.

Only what the template writes is control. A message, which may be anybody's text, is characters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from jinja2.sandbox import ImmutableSandboxedEnvironment

from codekiln.errors import ModelError, UsageError
from codekiln.tokenizer import Tokenizer

TEMPLATE = "chat_template"
ROLES = ("system", "user", "assistant")

_PLACE = re.compile(
    "\ue000[0-9]+\ue001"
)  # of a message in the template's text, until its control is found


@dataclass(frozen=True)
class Message:
    """One turn of a chat. A template writes the role as it is, so that it must be one of `ROLES`.

    Raises:
        UsageError: it is none of them.
    """

    role: str
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(
                f"A message's role is '{self.role[:80]}': it must be one of {', '.join(ROLES)}."
            )


def knows_chat(tokenizer: Tokenizer) -> bool:
    """Whether the model came with a template."""
    return isinstance(tokenizer.settings.get(TEMPLATE), str)


def chat_prompt(tokenizer: Tokenizer, messages: Sequence[Message], begun: str = "") -> list[int]:
    """The ids of a chat, up to where the model goes on; its answer has been `begun`.

    Raises:
        UsageError: the model has no template, or its template refuses such a chat.
        ModelError: its template cannot be rendered.
    """
    if not knows_chat(tokenizer):
        raise UsageError("This model has no chat template: ask it with the raw prompt.")
    texts: dict[str, str] = {}
    pieces = tokenizer.split_control(_rendered(tokenizer.settings, _places(messages, texts)))
    if isinstance(pieces[-1], int):
        pieces.append("")
    pieces[-1] = f"{pieces[-1]}{begun}"  # so that tokens may cross the template's end
    ids: list[int] = []
    for piece in pieces:
        if isinstance(piece, int):
            ids.append(piece)
        else:
            ids += tokenizer.encode(_PLACE.sub(lambda at: texts.get(at[0], at[0]), piece))
    return ids


def _places(messages: Sequence[Message], texts: dict[str, str]) -> list[dict[str, str]]:
    """The messages with a place for each text, which goes to `texts`.

    The white space around it stays: that is the template's to keep or to trim.
    """
    turns = []
    for n, message in enumerate(messages):
        content, place = message.content, f"\ue000{n}\ue001"
        if text := content.strip():
            texts[place] = text
            before, _, behind = content.partition(text)
            content = before + place + behind
        turns.append({"role": message.role, "content": content})
    return turns


def _rendered(settings: Mapping[str, Any], turns: list[dict[str, str]]) -> str:
    """What the template makes of the messages, as `transformers` renders it."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    try:
        return environment.from_string(settings[TEMPLATE]).render(
            messages=turns,
            add_generation_prompt=True,
            raise_exception=_refuse,
            **{name: _name(settings.get(name)) for name in ("bos_token", "eos_token")},
        )
    except UsageError:
        raise
    except Exception as error:  # a template may do anything that the environment allows
        raise ModelError(
            f"The chat template cannot be read ({error}): fetch the model again."
        ) from None


def _refuse(reason: object) -> NoReturn:
    said = " ".join(str(reason).split()).rstrip(".")
    raise UsageError(f"The model's chat template refuses these messages ({said}): change them.")


def _name(token: object) -> object:
    return token.get("content") if isinstance(token, Mapping) else token or ""
