"""What may be said of an answer in each of OpenAI's interfaces: bounds, defaults, and what is refused."""

import json
import secrets
import sys
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.serve.http.answers import deadline_ms
from codekiln.serve.http.settings import Settings

SEEDS = 2**31
MOST_CHOICES = 8

UNBOUNDED = sys.maxsize


def _bound(value: object) -> object:
    """llama.cpp's clients say -1 for as many as there may be."""
    return UNBOUNDED if value == -1 else value


Tokens = Annotated[int, BeforeValidator(_bound), Field(ge=0)]
SomeTokens = Annotated[Tokens, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class StreamOptions(BaseModel):
    """What a stream tells besides the text."""

    include_usage: bool = False


class Answering(BaseModel):
    """How an answer is made. What is not said takes the likeliest tokens; `user` is kept nowhere.

    `top_k`, `min_p` and `repetition_penalty` are vLLM's additions to the interface.
    """

    model: str = ""
    max_tokens: SomeTokens | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Field(ge=-1)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.01, le=100)] | None = None
    n: Annotated[int, Field(ge=1, le=MOST_CHOICES)] | None = None
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    user: str | None = None

    @property
    def choices(self) -> int:
        """How many answers are wanted."""
        return self.n or 1

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with the numbers of tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)


def settings_of(
    body: Answering, adapter: str, limits: Settings, usual: int | None = None
) -> CompletionRequest:
    """The settings of a request of `usual` tokens, where it does not say; or of as many as there may be.

    Raises:
        UsageError: something is asked for that is not done here.
    """
    if body.frequency_penalty or body.presence_penalty:
        raise UsageError(
            "frequency_penalty and presence_penalty are not known here, since code repeats itself with "
            "good reason: leave them at 0, or use repetition_penalty."
        )
    if body.logit_bias:
        raise UsageError("logit_bias is not known here: leave it out.")
    temperature = body.temperature or 0.0
    drawn = secrets.randbelow(SEEDS) if temperature else 0
    return CompletionRequest(
        max_tokens=min(body.max_tokens or usual or limits.tokens, limits.tokens),
        temperature=temperature,
        top_k=body.top_k if body.top_k and body.top_k > 0 else None,
        top_p=body.top_p if body.top_p != 1 else None,
        min_p=body.min_p or None,
        repetition_penalty=body.repetition_penalty if body.repetition_penalty != 1 else None,
        stop=stops(body.stop),
        seed=drawn if body.seed is None else body.seed,
        deadline_ms=deadline_ms(limits),
        adapter=adapter,
    )


def stops(stop: str | list[str] | None) -> tuple[str, ...]:
    """Stop strings, one or several."""
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def schema_of(response_format: dict[str, Any] | None) -> str | None:
    """The schema that `response_format` gives, as text.

    Raises:
        UsageError: it is of no kind that is known.
    """
    kind = (response_format or {}).get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return '{"type": "object"}'
    schema = (response_format or {}).get("json_schema")
    if kind == "json_schema" and isinstance(schema, dict):
        return json.dumps(schema.get("schema") or {})
    raise UsageError("response_format is one of text, json_object and json_schema: give one.")
