"""OpenAI's completions and chat: vLLM, which knows more settings, and any other server that speaks them.

The prompt is rendered by a template of ours; the `suffix` of the API is refused by most servers.
"""

import re
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from codekiln.generate.completer import CompletionRequest
from codekiln.generate.decoding import FinishReason
from codekiln.generate.servers.answer import Piece
from codekiln.generate.servers.client import Client, RefusedError
from codekiln.generate.servers.request import schema, turns
from codekiln.generate.templates import Template, control_ids, template_for, template_named

CHAT = "/v1/chat/completions"
UNKNOWN_CONTEXT = 4096  # tokens
# From this vLLM on a schema is heeded by that name; before, and by any other, it is passed over in silence.
STRUCTURED_OUTPUTS = (0, 12)


@dataclass(frozen=True)
class OpenAI:
    """A model of a server that speaks OpenAI's completions and no more.

    It would not say whether a stop string or the model ended an answer, and takes four of them at
    most: they are not sent, and the stream is closed at the first.
    """

    client: Client
    model: str
    context: int
    template: Template
    settings: frozenset[str] = frozenset({"top_p"})

    name = "The OpenAI-compatible server"
    density = 3

    def body(self, request: CompletionRequest) -> dict[str, object]:
        """The settings of the request in its words."""
        return {
            "model": self.model,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": 1.0 if request.top_p is None else request.top_p,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def ask(self, request: CompletionRequest, prefix: str, suffix: str) -> Generator[Piece]:
        """Stream `/v1/completions`."""
        prompt = self.template.render(prefix, suffix, request.header)
        body = self.body(request) | {"prompt": prompt}
        return pieces(self.client, "/v1/completions", body, request.stop)

    def chat(self, request: CompletionRequest) -> Generator[Piece]:
        """Stream `/v1/chat/completions`."""
        body = self.body(request) | {"messages": turns(request)}
        return pieces(self.client, CHAT, body, request.stop)


@dataclass(frozen=True)
class VLLM(OpenAI):
    """A model of vLLM: all our settings, and it tells which stop string it met.

    `banned` are ids that are never generated, `ends` such as end an answer.
    """

    settings: frozenset[str] = frozenset({"top_k", "top_p", "min_p", "repetition_penalty"})
    banned: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    name = "vLLM"

    def body(self, request: CompletionRequest) -> dict[str, object]:
        """As OpenAI's, and more; what is not said would be taken from the model's own settings."""
        more: dict[str, object] = {
            "top_k": request.top_k or -1,
            "min_p": request.min_p or 0.0,
            "repetition_penalty": request.repetition_penalty or 1.0,
            "stop": request.stop,
            "stop_token_ids": self.ends,
            "logit_bias": {str(token): -100 for token in self.banned},
            "logprobs": True if request.messages else 1,
            "return_token_ids": True,
            "stream_options": {"include_usage": True, "continuous_usage_stats": True},
        }
        if (wanted := schema(request)) is not None:
            more["structured_outputs"] = {"json": wanted}
        return OpenAI.body(self, request) | more


def open_openai(client: Client, model: str, template: str | None, context: int | None) -> OpenAI:
    """The template by its name or the model's; a context that nobody tells is `UNKNOWN_CONTEXT`.

    Raises:
        UsageError: the model's template is not known.
    """
    chosen = template_named(template) if template else template_for(model)
    return OpenAI(client, model, context or UNKNOWN_CONTEXT, chosen)


def open_vllm(
    client: Client, model: str, template: str | None, context: int | None, listed: int | None
) -> VLLM:
    """As `open_openai`, but its tokenizer can be asked for the template; `listed` is its own context.

    Raises:
        UsageError: the model's template is not known.
        ServerError: the server does not say what it is asked.
    """

    def encode(text: str) -> list[int]:
        body = {"model": model, "prompt": text, "add_special_tokens": False}
        try:
            return list(client.post("/tokenize", body)["tokens"])
        except RefusedError:
            return []  # a gateway before it passes on completions alone

    chosen = template_named(template) if template else template_for(model, encode)
    ends = tuple(token for end in chosen.ends for token in control_ids((end,), encode))
    banned = control_ids(chosen.banned, encode)
    able = VLLM.settings | ({"json_schema"} if _version(client) >= STRUCTURED_OUTPUTS else set())
    size = context or listed or UNKNOWN_CONTEXT
    return VLLM(client, model, size, chosen, able, banned, ends)


def _version(client: Client) -> tuple[int, ...]:
    """Of vLLM, as far as it tells."""
    try:
        return tuple(map(int, re.findall(r"\d+", str(client.get("/version")["version"]))[:2]))
    except RefusedError:
        return ()


def pieces(
    client: Client, path: str, body: dict[str, object], stop: tuple[str, ...]
) -> Generator[Piece]:
    """Stream an answer, of a prompt or a chat; the counts of its tokens may come after the end."""
    finish: FinishReason | None = None
    prompt_tokens = answer_tokens = 0
    with closing(client.stream(path, body)) as events:
        for event in events:
            usage = event.get("usage") or {}
            prompt_tokens = int(usage.get("prompt_tokens") or prompt_tokens)
            answer_tokens = int(usage.get("completion_tokens") or answer_tokens)
            for choice in event.get("choices") or ():
                finish = finish or _finish(choice, stop)
                ids, logprobs = _tokens(choice)
                text = choice.get("text") or (choice.get("delta") or {}).get("content")
                yield Piece(str(text or ""), ids, logprobs, None, prompt_tokens)
    if finish:
        yield Piece("", (), (), finish, prompt_tokens, answer_tokens)


def _finish(choice: dict[str, Any], stop: tuple[str, ...]) -> FinishReason | None:
    if choice.get("finish_reason") == "length":
        return "length"
    if choice.get("finish_reason") != "stop":
        return None
    return "stop" if choice.get("stop_reason") in stop else "end"


def _tokens(choice: dict[str, Any]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Ids and log-probabilities, as far as they are told: of a chat in another form than of a prompt."""
    told = choice.get("logprobs") or {}
    chat = [token["logprob"] for token in told.get("content") or ()]
    ids = choice.get("token_ids") or ()
    return tuple(map(int, ids)), tuple(map(float, told.get("token_logprobs") or chat))
