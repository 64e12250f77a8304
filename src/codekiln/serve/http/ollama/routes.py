"""The routes of the format."""

from fastapi import APIRouter

from codekiln.serve.assistant import Assistant
from codekiln.serve.http.ollama import answering, models


def router(assistant: Assistant) -> APIRouter:
    """The routes of this format."""
    routes = APIRouter(tags=["Ollama"])
    for part in (answering, models):
        routes.include_router(part.router(assistant))
    return routes
