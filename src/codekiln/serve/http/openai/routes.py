"""The routes of the format."""

from fastapi import APIRouter

from codekiln.serve.assistant import Assistant
from codekiln.serve.http.openai import chat, embeddings, middle, models


def router(assistant: Assistant) -> APIRouter:
    """The routes of this format, without `/v1/completions`."""
    routes = APIRouter()
    for part in (chat, middle, embeddings, models):
        routes.include_router(part.router(assistant), tags=["OpenAI"])
    return routes
