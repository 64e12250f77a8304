"""llama.cpp's own API: `/infill`, which fills in the middle as the model's file says, and `/completion`.
Its chat is OpenAI's.

Text in `/infill` is always text. `/completion` reads control out of a prompt.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from codekiln.errors import ServerError, UsageError
from codekiln.generate.completer import CompletionRequest
from codekiln.generate.constraints.json_schema import AS_PYTHON
from codekiln.generate.decoding import FinishReason
from codekiln.generate.servers.answer import Piece
from codekiln.generate.servers.client import Client, RefusedError
from codekiln.generate.servers.openai import CHAT, pieces
from codekiln.generate.servers.request import schema, turns
from codekiln.generate.templates import Template, control_ids, knows, template_named

CANNOT_FILL = (400, 501)
SEEDS = 2**32 - 1  # the number itself asks for chance
FINISH: dict[str, FinishReason] = {"eos": "end", "word": "stop", "limit": "length"}


@dataclass(frozen=True)
class LlamaCpp:
    """A model of llama.cpp's server; without a `template`, its file says how a middle is asked for.

    `banned` are ids that are never generated. A log-probability is that of the model itself: before
    they are banned, unlike in our own decoding.
    """

    client: Client
    model: str
    context: int
    template: Template | None
    banned: tuple[int, ...] = ()

    name = "llama.cpp"
    settings = frozenset({"top_k", "top_p", "min_p", "repetition_penalty", "json_schema"})
    density = 3

    def ask(self, request: CompletionRequest, prefix: str, suffix: str) -> Generator[Piece]:
        """Stream `/infill` or `/completion`."""
        body = self._settings(request)
        if self.template:
            prompt = self.template.render(prefix, suffix, request.header)
            path, text = "/completion", {"prompt": prompt}
        else:
            path, text = "/infill", {"input_prefix": prefix, "input_suffix": suffix}
        with closing(self.client.stream(path, body | text)) as events:
            for event in events:
                yield _piece(event)

    def chat(self, request: CompletionRequest) -> Generator[Piece]:
        """Stream `/v1/chat/completions`, which would not say which string ended an answer: none is sent."""
        settings = self._settings(request) | {"stop": [], "logprobs": True}
        body = settings | {"messages": turns(request), "stream_options": {"include_usage": True}}
        return pieces(self.client, CHAT, body, ())

    def _settings(self, request: CompletionRequest) -> dict[str, object]:
        """Ours in its words: what is not asked for is switched off, and the order is ours."""
        body: dict[str, object] = {
            "model": self.model,
            "stream": True,
            "cache_prompt": True,
            "n_predict": request.max_tokens,
            "stop": request.stop,
            "seed": request.seed % SEEDS,
            "samplers": ["penalties", "temperature", "top_k", "top_p", "min_p"],
            "temperature": request.temperature,
            "top_k": request.top_k or 0,
            "top_p": 1.0 if request.top_p is None else request.top_p,
            "min_p": request.min_p or 0.0,
            "repeat_penalty": request.repetition_penalty or 1.0,
            "repeat_last_n": self.context,
            "logit_bias": [[token, False] for token in self.banned],
            "n_probs": 1,
            "return_tokens": True,
        }
        if (wanted := schema(request)) is not None:
            body["json_schema"] = wanted | {"x-guidance": AS_PYTHON}
        return body


def open_llama_cpp(
    client: Client, model: str, template: str | None, context: int | None
) -> LlamaCpp:
    """Ask the server for its context, and whether its model is one of ours or fills by itself.

    Raises:
        UsageError: the model cannot be told what stands behind the cursor.
        ServerError: the server does not say what it is asked.
    """

    def encode(text: str) -> list[int]:
        body = {"model": model, "content": text, "parse_special": True}
        return list(client.post("/tokenize", body)["tokens"])

    if context is None:
        context = client.get("/props").get("default_generation_settings", {}).get("n_ctx")
        if not context:
            raise ServerError(f"{client.url} does not tell its context: give its size.")
    ours = template_named("codekiln")
    if template or knows(ours, encode):
        chosen = template_named(template) if template else ours
        return LlamaCpp(client, model, context, chosen, control_ids(chosen.banned, encode))
    try:
        client.post(
            "/infill", {"model": model, "input_prefix": "", "input_suffix": "", "n_predict": 0}
        )
    except RefusedError as error:
        if error.status not in CANNOT_FILL:
            raise
        raise UsageError(
            f"llama.cpp cannot fill in a middle with '{model}', whose file names no control for it: "
            "take the template 'plain' to show it the text before the cursor alone."
        ) from None
    return LlamaCpp(client, model, context, None)


def _piece(event: dict[str, Any]) -> Piece:
    """Of a character in several tokens, the server tells the last token's id alone."""
    chosen = event.get("completion_probabilities") or ()
    return Piece(
        text=str(event.get("content") or ""),
        token_ids=tuple(map(int, event.get("tokens") or ())),
        logprobs=tuple(float(token["logprob"]) for token in chosen),
        finish_reason=FINISH.get(event.get("stop_type", "")) if event.get("stop") else None,
        prompt_tokens=int(event.get("tokens_evaluated") or 0),
        answer_tokens=int(event.get("tokens_predicted") or 0) if event.get("stop") else 0,
    )
