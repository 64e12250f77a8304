"""`/v1/chat/completions`: the next turn of a chat, by the model's own template."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from codekiln.errors import UsageError
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.answers import Question, Told, check_alternatives
from codekiln.serve.http.openai.settings import (
    Answering,
    SomeTokens,
    Tokens,
    schema_of,
    settings_of,
)
from codekiln.serve.http.openai.telling import Form, Json, Wanted, tell
from codekiln.serve.http.settings import Settings
from codekiln.tasks.chat import Message

MOST_MESSAGES = 1024


class Part(BaseModel):
    """A part of a message; only text is understood."""

    type: Literal["text"]
    text: str


class Turn(BaseModel):
    """A message."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None
    tool_calls: list[Any] | None = None

    def message(self) -> Message:
        """As a model's template has it: `developer` is a newer word for `system`.

        Raises:
            UsageError: it calls tools.
        """
        if self.tool_calls:
            raise UsageError("No tools are called here: send messages of text alone.")
        parts = self.content if isinstance(self.content, list) else []
        text = "".join(part.text for part in parts) if parts else self.content or ""
        assert isinstance(text, str)
        return Message("system" if self.role == "developer" else self.role, text)


class Chat(Answering):
    """A request of `/v1/chat/completions`.

    `n_predict` is llama.cpp's word for `max_tokens`; 0 has the prompt read, for the request that comes.
    """

    messages: Annotated[list[Turn], Field(min_length=1, max_length=MOST_MESSAGES)]
    max_completion_tokens: SomeTokens | None = None
    n_predict: Tokens | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: dict[str, Any] | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None


def router(assistant: Assistant) -> APIRouter:
    """The route of a chat."""
    routes = APIRouter()

    @routes.post("/v1/chat/completions")
    async def chat(body: Chat, request: Request) -> Response:
        """Go on with a chat."""
        wanted = _wanted(assistant, body, request.app.state.settings)
        return await tell(assistant, wanted, request)

    return routes


def _wanted(assistant: Assistant, body: Chat, limits: Settings) -> Wanted:
    if body.tools or body.functions:
        raise UsageError("No tools are called here: leave tools out.")
    body.max_tokens = body.n_predict or body.max_completion_tokens or body.max_tokens
    asked = replace(
        settings_of(body, assistant.adapter_of(body.model), limits),
        messages=tuple(turn.message() for turn in body.messages),
        json_schema=schema_of(body.response_format),
    )
    if body.logprobs:
        check_alternatives(body.top_logprobs or 0, assistant, asked)
    elif body.top_logprobs:
        raise UsageError(
            "top_logprobs are told with logprobs: set that to true, or leave both out."
        )
    return Wanted(
        CHAT,
        body.model or assistant.name,
        tuple(
            Question(replace(asked, seed=asked.seed + n), only_read=body.n_predict == 0)
            for n in range(body.choices)
        ),
        each=body.choices,
        tokenizer=assistant.tokenizer if body.logprobs else None,
        likeliest=bool(body.top_logprobs),
        streams=bool(body.stream),
        usage="more" if body.tells_usage else "nowhere",
    )


def _logprobs(tokens: list[Told], likeliest: bool) -> Json:
    return {"content": [token.plain(likeliest) for token in tokens], "refusal": None}


CHAT = Form(
    "chat.completion",
    "chat.completion.chunk",
    "chatcmpl",
    lambda text: {"message": {"role": "assistant", "content": text, "refusal": None}},
    lambda text: {"delta": {"content": text}},
    _logprobs,
    {"delta": {"role": "assistant", "content": ""}},
)
