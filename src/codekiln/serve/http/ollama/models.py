"""What there is: `/api/tags`, `/api/show`, `/api/ps`, `/api/version`; and an encoder's `/api/embed`."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request

from codekiln.errors import UnknownModelError
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.openai.embeddings import MOST_TEXTS, embedded, embedder_of

Json = dict[str, Any]
# Clients compare it with the first one that had what they need; ours has what this one had.
VERSION = "0.12.0"
# Continue fills in the middle only where it finds `.Suffix`, as Ollama itself does; nobody renders it.
TEMPLATE = (
    "{{- if .Suffix }}<fim_prefix>{{ .Prompt }}<fim_suffix>{{ .Suffix }}<fim_middle>"
    "{{- else }}{{ .Prompt }}{{ end }}"
)
DETAILS = {
    "parent_model": "",
    "format": "safetensors",
    "family": "codekiln",
    "families": ["codekiln"],
    "parameter_size": "",
    "quantization_level": "",
}


class Show(BaseModel):
    """A request of `/api/show`; older clients say `name`."""

    model: str = ""
    name: str = ""
    verbose: bool | None = None


class Embed(BaseModel):
    """A request of `/api/embed`."""

    model: str
    input: str | Annotated[list[str], Field(max_length=MOST_TEXTS)]


def router(assistant: Assistant) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    since = datetime.now(UTC).isoformat()

    def entry(name: str) -> Json:
        digest = hashlib.sha256(name.encode()).hexdigest()
        named = {"name": f"{name}:latest", "model": f"{name}:latest", "modified_at": since}
        return {**named, "size": 0, "digest": digest, "details": DETAILS}

    def entries() -> list[Json]:
        encoder = assistant.embedder
        names = [*assistant.models, *([encoder.name] if encoder else [])]
        return [entry(name) for name in names]

    @routes.get("/api/version")
    async def version() -> Json:
        """Which Ollama's interface this is."""
        return {"version": VERSION}

    @routes.get("/api/tags")
    async def tags() -> Json:
        """List the model, its adapters, and the encoder."""
        return {"models": entries()}

    @routes.get("/api/ps")
    async def running() -> Json:
        """The same: all are in memory for as long as the server runs."""
        never = datetime.fromtimestamp(2**32, UTC).isoformat()
        return {"models": [{**one, "expires_at": never, "size_vram": 0} for one in entries()]}

    @routes.post("/api/show")
    async def show(body: Show) -> Json:
        """What a model can do."""
        name = (body.model or body.name).removesuffix(":latest")
        if name == (assistant.embedder.name if assistant.embedder else None):
            return _shown("", ["embedding"], since)
        if not name:
            raise UnknownModelError("No model is named: /api/tags lists what there is.")
        assistant.adapter_of(name)
        return _shown(TEMPLATE, ["completion", "insert"], since)

    @routes.post("/api/embed")
    async def embed(body: Embed, request: Request) -> Json:
        """Make a vector of each text."""
        begun = time.perf_counter_ns()
        embedder = embedder_of(assistant, body.model.removesuffix(":latest"))
        found = await embedded(embedder, body.input, request)
        return {
            "model": body.model,
            "embeddings": [[float(number) for number in vector] for vector in found.vectors],
            "total_duration": time.perf_counter_ns() - begun,
            "load_duration": 0,
            "prompt_eval_count": found.tokens,
        }

    return routes


def _shown(template: str, capabilities: list[str], since: str) -> Json:
    return {
        "modelfile": "",
        "parameters": "",
        "template": template,
        "details": DETAILS,
        "model_info": {"general.architecture": "codekiln"},
        "capabilities": capabilities,
        "modified_at": since,
    }
