"""Ollama's `/api/generate`: its own template for models that have one with a suffix, else one of ours.
And its `/api/chat`.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from codekiln.generate.completer import CompletionRequest
from codekiln.generate.decoding import FinishReason
from codekiln.generate.servers.answer import Piece
from codekiln.generate.servers.client import Client
from codekiln.generate.servers.request import schema, turns
from codekiln.generate.templates import Template, template_for, template_named

DEFAULT_CONTEXT = 4096  # tokens: Ollama's own default, which it does not tell
FINISH: dict[str, FinishReason] = {"stop": "end", "length": "length", "load": "end"}


@dataclass(frozen=True)
class Ollama:
    """A model of Ollama; without a `template`, Ollama has one with a suffix.

    Stop strings are not sent: they would replace those of the model, and Ollama would not say which
    of both ended an answer. Its penalties do nothing with many models, so none is sent.
    """

    client: Client
    model: str
    context: int
    template: Template | None

    name = "Ollama"
    settings = frozenset({"top_k", "top_p", "min_p", "json_schema"})
    density = 2  # some versions cut what is too long without a word

    def ask(self, request: CompletionRequest, prefix: str, suffix: str) -> Generator[Piece]:
        """Stream `/api/generate`."""
        text: dict[str, object]
        if self.template:
            prompt = self.template.render(prefix, suffix, request.header)
            text = {"prompt": prompt, "raw": True}
        elif suffix.strip():
            text = {"prompt": prefix, "suffix": suffix}
        else:
            text = {"prompt": prefix, "raw": True}
        return self._stream("/api/generate", request, text)

    def chat(self, request: CompletionRequest) -> Generator[Piece]:
        """Stream `/api/chat`."""
        return self._stream("/api/chat", request, {"messages": turns(request)})

    def _stream(
        self, path: str, request: CompletionRequest, text: dict[str, object]
    ) -> Generator[Piece]:
        body = text | {
            "model": self.model,
            "stream": True,
            "truncate": False,
            "logprobs": True,
            "options": self._options(request),
        }
        if (wanted := schema(request)) is not None:
            body["format"] = wanted
        with closing(self.client.stream(path, body)) as events:
            for event in events:
                yield _piece(event)

    def _options(self, request: CompletionRequest) -> dict[str, object]:
        """Ours in its words: what is not asked for is switched off."""
        return {
            "num_ctx": self.context,
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "top_k": request.top_k or 0,
            "top_p": 1.0 if request.top_p is None else request.top_p,
            "min_p": request.min_p or 0.0,
            "repeat_penalty": 1.0,
            "seed": request.seed,
        }


def open_ollama(client: Client, model: str, template: str | None, context: int | None) -> Ollama:
    """Ask whether the model has a template with a suffix; else it is told by the model's name.

    Raises:
        UsageError: the model's template is not known.
        ServerError: the server does not say what it is asked.
    """
    size = context or DEFAULT_CONTEXT
    if template:
        return Ollama(client, model, size, template_named(template))
    shown = client.post("/api/show", {"model": model})
    if ".Suffix" in shown.get("template", "") or "insert" in (shown.get("capabilities") or ()):
        return Ollama(client, model, size, None)
    return Ollama(client, model, size, template_for(model))


def _piece(event: dict[str, Any]) -> Piece:
    return Piece(
        text=str(event.get("response") or (event.get("message") or {}).get("content") or ""),
        logprobs=tuple(float(token["logprob"]) for token in event.get("logprobs") or ()),
        finish_reason=FINISH.get(event.get("done_reason", "stop")) if event.get("done") else None,
        prompt_tokens=int(event.get("prompt_eval_count") or 0),
        answer_tokens=int(event.get("eval_count") or 0),
    )
