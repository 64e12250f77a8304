"""The routes of the pages: the pages themselves, their files, and what they ask in JSON."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from codekiln.serve.assistant import Assistant
from codekiln.serve.web import corpora, playground, runs, static_files

PAGES = {"/": "index.html", "/playground/runs": "runs.html", "/playground/corpus": "corpus.html"}


def router(assistant: Assistant, *, model: Path, work: Path) -> APIRouter:
    """Everything that a browser sees.

    `model` is the folder or name of the assistant's model, whose attention can be looked at; in the folder
    `work` are the trainings and corpora that are shown.
    """
    routes = APIRouter(tags=["playground"])
    for path, name in PAGES.items():
        routes.add_api_route(path, _page(name), methods=["GET", "HEAD"], include_in_schema=False)

    @routes.get("/playground/static/{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        if name not in static_files.names():
            raise HTTPException(404)
        return _file(name)

    api = APIRouter(prefix="/playground/api")
    playground.add_routes(api, assistant, model)
    runs.add_routes(api, work)
    corpora.add_routes(api, work)
    routes.include_router(api)
    return routes


def _page(name: str) -> Callable[[], Awaitable[Response]]:
    async def page() -> Response:
        return _file(name)

    return page


def _file(name: str) -> Response:
    return Response(static_files.content(name), media_type=static_files.media_type(name))
