"""`/v1/fim/completions`, as Mistral has it: what stands between two texts, told as a chat's answer is."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from codekiln.errors import UsageError
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.answers import PREDICTED, question
from codekiln.serve.http.openai.chat import CHAT
from codekiln.serve.http.openai.settings import Answering, settings_of
from codekiln.serve.http.openai.telling import Wanted, tell
from codekiln.serve.http.settings import Settings


class Middle(Answering):
    """A request of `/v1/fim/completions`; its seed is `random_seed`."""

    prompt: str
    suffix: str | None = None
    min_tokens: int | None = None
    random_seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None


def router(assistant: Assistant) -> APIRouter:
    """The route of a middle."""
    routes = APIRouter()

    @routes.post("/v1/fim/completions")
    async def fill(body: Middle, request: Request) -> Response:
        """Write what stands between a prompt and a suffix."""
        wanted = _wanted(assistant, body, request.app.state.settings)
        return await tell(assistant, wanted, request)

    return routes


def _wanted(assistant: Assistant, body: Middle, limits: Settings) -> Wanted:
    if body.min_tokens:
        raise UsageError("An answer ends where the model ends it: leave min_tokens out.")
    if body.choices > 1:
        raise UsageError("A middle has one answer here: leave n out.")
    if body.seed is None:
        body.seed = body.random_seed
    settings = settings_of(body, assistant.adapter_of(body.model), limits, PREDICTED)
    return Wanted(
        CHAT,
        body.model or assistant.name,
        (question(body.prompt, body.suffix or "", settings),),
        streams=bool(body.stream),
        usage="last",
    )
