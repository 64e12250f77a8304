"""`POST /v1/completions`, which two formats ask: Tabby's with `segments`, OpenAI's with a prompt."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Discriminator, Tag
from starlette.responses import Response

from codekiln.serve.assistant import Assistant
from codekiln.serve.http import tabby
from codekiln.serve.http.errors import tabby_error
from codekiln.serve.http.openai.completions import Completion, complete


def _format(body: object) -> str:
    return "Tabby" if tabby.is_asked(body) else "OpenAI"


Body = Annotated[
    Annotated[Completion, Tag("OpenAI")] | Annotated[tabby.Completion, Tag("Tabby")],
    Discriminator(_format),
]


def router(assistant: Assistant) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["OpenAI, Tabby"])

    @routes.post("/v1/completions")
    async def completions(body: Body, request: Request) -> Response:
        """Go on with a prompt, or write what stands at the cursor."""
        if isinstance(body, tabby.Completion):
            request.state.shape = tabby_error  # for what fails from here on
            return await tabby.completed(assistant, body, request)
        return await complete(assistant, body, request)

    return routes
