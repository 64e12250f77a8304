"""`/v1/completions`: a prompt goes on, or what stands between it and a `suffix` is written."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.answers import PREDICTED, Question, Told, check_alternatives, question
from codekiln.serve.http.openai.settings import Answering, settings_of
from codekiln.serve.http.openai.telling import Form, Json, Wanted, tell
from codekiln.serve.http.settings import Settings

USUAL = 16  # tokens of an answer, as OpenAI has it
MOST_PROMPTS = 16


class Completion(Answering):
    """A request of `/v1/completions`."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=MOST_PROMPTS)]
    suffix: str | None = None
    best_of: Annotated[int, Field(ge=1, le=16)] | None = None
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    echo: bool | None = None


async def complete(assistant: Assistant, body: Completion, request: Request) -> Response:
    """The response to a request.

    Raises:
        UsageError: something is asked for that is not done here.
        UnknownModelError: there is no such model.
    """
    limits: Settings = request.app.state.settings
    questions = _questions(body, assistant.adapter_of(body.model), limits)
    if body.logprobs is not None:
        _check_logprobs(assistant, body, questions)
    return await tell(
        assistant,
        Wanted(
            FORM,
            body.model or assistant.name,
            questions,
            each=body.choices,
            tokenizer=assistant.tokenizer if body.logprobs is not None else None,
            likeliest=bool(body.logprobs),
            streams=bool(body.stream),
            usage="more" if body.tells_usage else "nowhere",
        ),
        request,
    )


def _questions(body: Completion, adapter: str, limits: Settings) -> tuple[Question, ...]:
    """One a choice: for each prompt as many as are wanted, each drawn with a seed of its own."""
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
    asked = []
    for prompt in prompts:
        first = question(prompt, body.suffix, settings_of(body, adapter, limits, USUAL))
        if first.fills and body.max_tokens is None:
            usual = min(PREDICTED, limits.tokens)
            first = replace(first, request=replace(first.request, max_tokens=usual))
        first = replace(first, request=_best_of(body, first.request))
        echo = prompt if body.echo else ""
        asked += [
            replace(first, echo=echo, request=replace(first.request, seed=first.request.seed + n))
            for n in range(body.choices)
        ]
    return tuple(asked)


def _best_of(body: Completion, request: CompletionRequest) -> CompletionRequest:
    """The best of several that parses, where more are wanted than are told."""
    if body.best_of is None or body.best_of == body.choices:
        return request
    if body.best_of < body.choices:
        raise UsageError(f"The best {body.choices} of {body.best_of} are wanted: raise best_of.")
    if body.choices > 1 or body.stream:
        raise UsageError(
            "best_of is answered with the best alone and whole: leave n and stream out."
        )
    return replace(request, best_of=body.best_of)


def _check_logprobs(
    assistant: Assistant, body: Completion, questions: tuple[Question, ...]
) -> None:
    check_alternatives(body.logprobs or 0, assistant, questions[0].request)
    if body.echo:
        raise UsageError("Log-probabilities of a prompt are not told here: leave echo out.")
    if any(asked.fills or asked.request.best_of for asked in questions):
        raise UsageError(
            "Log-probabilities are told of what a model writes, not of what was chosen or cut of it: leave "
            "logprobs out, or suffix and best_of."
        )


def _logprobs(tokens: list[Told], likeliest: bool) -> Json:
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{token.text: token.logprob} for token in tokens] if likeliest else None,
        "text_offset": [token.start for token in tokens],
    }


def _text(text: str) -> Json:
    return {"text": text}


FORM = Form("text_completion", "text_completion", "cmpl", _text, _text, _logprobs)
