"""`POST /v1/completions`, which two formats ask: Tabby's with `segments`, OpenAI's with a prompt."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from codekiln.serve.assistant import Assistant
from codekiln.serve.http import tabby


def router(assistant: Assistant) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["OpenAI, Tabby"])

    @routes.post("/v1/completions")
    async def completions(body: tabby.Completion, request: Request) -> Response:
        return await tabby.completed(assistant, body, request)

    return routes
