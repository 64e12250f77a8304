"""`/v1/models`: what can be asked for by name."""

import time

from fastapi import APIRouter

from codekiln.errors import UnknownModelError
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.openai.telling import Json


def router(assistant: Assistant) -> APIRouter:
    """The routes of the models."""
    routes = APIRouter()
    since = int(time.time())

    def model(name: str) -> Json:
        return {"id": name, "object": "model", "created": since, "owned_by": "codekiln"}

    def names() -> list[str]:
        encoder = assistant.embedder
        return [*assistant.models, *([encoder.name] if encoder else [])]

    @routes.get("/v1/models")
    async def models() -> Json:
        """List the model, its adapters, and the encoder."""
        return {"object": "list", "data": [model(name) for name in names()]}

    @routes.get("/v1/models/{name:path}")
    async def one(name: str) -> Json:
        """One of them."""
        if name not in names():
            raise UnknownModelError(
                f"There is no model '{name}' here: /v1/models lists what there is."
            )
        return model(name)

    return routes
