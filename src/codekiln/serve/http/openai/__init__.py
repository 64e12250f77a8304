"""Format B: OpenAI's interface, and Mistral's for a middle, which is made like it.

Sources: OpenAI's reference of completions, chat, models and embeddings; Mistral's of `/v1/fim/completions`.
`POST /v1/completions` is Tabby's too: `serve.http.completions` tells them apart.
"""

from fastapi import APIRouter

from codekiln.serve.assistant import Assistant
from codekiln.serve.http.openai import chat, embeddings, middle, models


def router(assistant: Assistant) -> APIRouter:
    """The routes of this format, without `/v1/completions`."""
    routes = APIRouter()
    for part in (chat, middle, embeddings, models):
        routes.include_router(part.router(assistant), tags=["OpenAI"])
    return routes
