"""The server: routers of the formats behind the guards, and one shape of error for each format."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from codekiln import __version__
from codekiln.serve.assistant import Assistant
from codekiln.serve.events import Events
from codekiln.serve.http import (
    completions,
    errors,
    llama_cpp,
    metrics,
    ollama,
    openai,
    reference,
    tabby,
)
from codekiln.serve.http.guards import Guards
from codekiln.serve.http.replies import Replies
from codekiln.serve.http.settings import Settings

DEFAULTS = Settings()
UNKEPT = Events(None)


def create_app(
    assistant: Assistant, settings: Settings = DEFAULTS, events: Events = UNKEPT
) -> FastAPI:
    """An ASGI app that answers in every format, with this assistant."""
    replies = Replies(settings)
    measured = metrics.Metrics(lambda: replies.busy)
    assistant.listeners += [measured.note_answer, events.suggested]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        replies.close()

    app = FastAPI(
        title="codekiln",
        version=__version__,
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.replies, app.state.settings, app.state.events = replies, settings, events
    errors.install(app)
    for format in (completions, openai, llama_cpp, tabby, ollama):
        app.include_router(format.router(assistant))
    for plain in (metrics.router(measured), reference.router()):
        app.include_router(plain)
    app.add_middleware(Guards, settings=settings)
    app.add_middleware(metrics.Measured, metrics=measured)
    return app
