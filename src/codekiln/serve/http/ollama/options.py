"""The options of a request: those that say how an answer is made, and those that would change it."""

import json
import secrets
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.serve.http.answers import deadline_ms
from codekiln.serve.http.settings import Settings

SEEDS = 2**31
Number = Annotated[float, Field(allow_inf_nan=False)]
Format = Literal["", "json"] | dict[str, Any] | None


class Options(BaseModel):
    """What is not said takes the likeliest tokens. Those of memory and threads are Ollama's own affair.

    Of the last group all but the default is refused.
    """

    num_predict: int | None = None
    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    top_k: int | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repeat_penalty: Annotated[float, Field(ge=0.01, le=100)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: str | Annotated[list[str], Field(max_length=64)] | None = None

    mirostat: int | None = None
    tfs_z: Number | None = None
    typical_p: Number | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None


NEUTRAL = {
    "mirostat": 0,
    "tfs_z": 1,
    "typical_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
}


def settings_of(
    options: Options | None, adapter: str, limits: Settings, usual: int | None = None
) -> CompletionRequest:
    """The settings of a request of `usual` tokens, where it does not say; or of as many as there may be.

    Raises:
        UsageError: something is asked for that is not done here.
    """
    options = options or Options()
    for name, neutral in NEUTRAL.items():
        if getattr(options, name) not in (None, neutral):
            raise UsageError(f"The option {name} is not known here: leave it out.")
    temperature = options.temperature or 0.0
    drawn = secrets.randbelow(SEEDS) if temperature else 0
    most = limits.tokens
    predicted = options.num_predict or usual or most
    return CompletionRequest(
        max_tokens=min(predicted if predicted > 0 else most, most),
        temperature=temperature,
        top_k=options.top_k if options.top_k and options.top_k > 0 else None,
        top_p=options.top_p if options.top_p not in (0, 1) else None,
        min_p=options.min_p or None,
        repetition_penalty=options.repeat_penalty if options.repeat_penalty != 1 else None,
        stop=(options.stop,) if isinstance(options.stop, str) else tuple(options.stop or ()),
        seed=options.seed if options.seed is not None and options.seed >= 0 else drawn,
        deadline_ms=deadline_ms(limits),
        adapter=adapter,
    )


def schema_of(format: Format) -> str | None:
    """The schema of the answer, as text; `json` is any object."""
    if not format:
        return None
    return json.dumps({"type": "object"} if format == "json" else format)
