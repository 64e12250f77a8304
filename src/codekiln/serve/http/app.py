"""The server: routers of the formats behind the guards, and one shape of error for each format."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from codekiln import __version__
from codekiln.serve.assistant import Assistant
from codekiln.serve.http import errors, llama_cpp, tabby
from codekiln.serve.http.guards import Guards
from codekiln.serve.http.replies import Replies
from codekiln.serve.http.settings import Settings

DEFAULTS = Settings()


def create_app(assistant: Assistant, settings: Settings = DEFAULTS) -> FastAPI:
    """An ASGI app that answers in every format, with this assistant."""
    replies = Replies(settings)

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
    app.state.replies, app.state.settings = replies, settings
    errors.install(app)
    for made in (llama_cpp.router(assistant), tabby.router(assistant)):
        app.include_router(made)
    app.add_middleware(Guards, settings=settings)
    return app
