"""An app with the pages in front of a small model of random weights, and a work folder that it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from codekiln.generate import Completer
from codekiln.generate.loading import load_completer
from codekiln.serve.assistant import Assistant
from codekiln.serve.events import Events
from codekiln.serve.http import Settings, create_app
from codekiln.serve.web.router import router
from serve.http.asking import ADDRESS


def app_of(
    model: Path, work: Path, completer: Completer | None = None, events: Events | None = None
) -> FastAPI:
    ours = load_completer(model)
    assistant = Assistant(completer or ours, name="small", tokenizer=ours.tokenizer)
    return with_pages(assistant, model, work, events=events)


def with_pages(
    assistant: Assistant,
    model: Path,
    work: Path,
    settings: Settings | None = None,
    events: Events | None = None,
) -> FastAPI:
    """All that `codekiln serve` serves; at attention that of `model` is looked at."""
    app = create_app(assistant, settings or Settings(), events or Events(None))
    app.include_router(router(assistant, model=model, work=work))
    return app


@contextmanager
def asking(model: Path, work: Path, **more: object) -> Iterator[TestClient]:
    app = app_of(model, work, **more)  # type: ignore[arg-type]
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield client
