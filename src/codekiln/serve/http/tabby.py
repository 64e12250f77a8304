"""Format C: Tabby's server, as its clients for VS Code, JetBrains and Vim ask it.

`POST /v1/completions` is OpenAI's route too; what has `segments` is Tabby's.
"""

from fastapi import APIRouter

from codekiln.serve.assistant import Assistant


def router(_: Assistant) -> APIRouter:
    """The routes of this format, without `/v1/completions`."""
    return APIRouter(tags=["Tabby"])
