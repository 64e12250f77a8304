"""`/v1/embeddings`: vectors of texts, where the server was given an encoder."""

import base64
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request

from codekiln.errors import UnknownModelError, UsageError
from codekiln.serve.assistant import Assistant
from codekiln.serve.embedder import Embedded, Embedder
from codekiln.serve.http.openai.telling import Json
from codekiln.serve.http.replies import whole

MOST_TEXTS = 256


class Embedding(BaseModel):
    """A request of `/v1/embeddings`. Ids of other models' tokens say nothing here: only texts are read."""

    input: str | Annotated[list[str], Field(min_length=1, max_length=MOST_TEXTS)]
    model: str = ""
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    user: str | None = None


def router(assistant: Assistant) -> APIRouter:
    """The route of vectors."""
    routes = APIRouter()

    @routes.post("/v1/embeddings")
    async def embeddings(body: Embedding, request: Request) -> Json:
        """Make a vector of each text."""
        # llama.vscode asks "GPT-4" for vectors, whoever makes them: what is nobody's name means any.
        named = body.model if body.model in assistant.models else ""
        embedder = embedder_of(assistant, named)
        found = await embedded(embedder, body.input, request)
        width = found.vectors.shape[1]
        if body.dimensions not in (None, width):
            raise UsageError(f"Vectors have {width} numbers here: leave dimensions out.")
        told = _base64 if body.encoding_format == "base64" else _numbers
        data = [
            {"object": "embedding", "index": index, "embedding": told(vector)}
            for index, vector in enumerate(found.vectors)
        ]
        usage = {"prompt_tokens": found.tokens, "total_tokens": found.tokens}
        return {"object": "list", "data": data, "model": embedder.name, "usage": usage}

    return routes


def embedder_of(assistant: Assistant, model: str) -> Embedder:
    """What makes the vectors.

    Raises:
        UsageError: there is nothing that does.
        UnknownModelError: it has another name.
    """
    embedder = assistant.embedder
    if embedder is None:
        raise UsageError(
            "This server was given no encoder: start it with --encoder and its folder."
        )
    if model not in ("", embedder.name):
        raise UnknownModelError(
            f"Vectors are not made by '{model[:80]}' here: ask '{embedder.name}' for them."
        )
    return embedder


async def embedded(embedder: Embedder, texts: str | list[str], request: Request) -> Embedded:
    """The vectors of one text or several; raises as `replies.whole`."""
    several = [texts] if isinstance(texts, str) else texts
    return await whole(request, lambda cancelled: embedder.embed(several, cancelled))


def _numbers(vector: npt.NDArray[np.float32]) -> list[float]:
    return [float(number) for number in vector]


def _base64(vector: npt.NDArray[np.float32]) -> Any:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
