"""From an exception to a status and to the shape in which a format tells its errors, chosen by the path."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from codekiln.errors import (
    CodekilnError,
    LateError,
    MissingExtraError,
    OverloadedError,
    ServerError,
    UnknownModelError,
    UsageError,
)
from codekiln.serve.http.replies import HungUpError

RETRY_AFTER = 1  # seconds
CODE, UNCLASSED = "Codekiln-Error", "http"  # the header; the code of what is refused before a route
HUNG_UP = 499  # nginx's number; nobody reads it but the metrics

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (OverloadedError, 429),
    (UnknownModelError, 404),
    (UsageError, 400),
    (LateError, 504),
    (ServerError, 502),
    (MissingExtraError, 501),
)
_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
Shape = Callable[[int, str], dict[str, Any]]


def install(app: FastAPI) -> None:
    """Have every failure of a route answered in its format's shape."""
    app.add_exception_handler(CodekilnError, _ours)
    app.add_exception_handler(HungUpError, _hung_up)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def status_of(error: Exception) -> int:
    """The status for what an assistant raises; 500 for what is our own mistake."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def message_of(error: Exception) -> str:
    """What a client is told: the sentence of an error of ours, and nothing of what was not foreseen."""
    if isinstance(error, CodekilnError):
        return str(error)
    return "Something went wrong in the server; its terminal says what."


def failure(path: str, status: int, message: str, code: str = UNCLASSED) -> Response:
    """The answer that says so, in the shape of the format that `path` belongs to.

    No format has a place for `code`, which docs/errors.md is ordered by, so a header tells it.
    """
    headers = {CODE: code}
    if status == 429:
        headers["Retry-After"] = str(RETRY_AFTER)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    told = message.encode(errors="backslashreplace").decode()  # names in it may be no text
    return JSONResponse(shape_of(path)(status, told), status, headers)


def shape_of(path: str) -> Shape:
    """How the format of a path tells an error."""
    if path.startswith("/api/"):
        return ollama_error
    if path in ("/v1/health", "/v1/events") or path.startswith("/v1beta/"):
        return tabby_error
    if path.startswith("/v1/"):
        return openai_error
    return llama_cpp_error


def llama_cpp_error(status: int, message: str) -> dict[str, Any]:
    """As llama.cpp's server does."""
    return {"error": {"code": status, "message": message, "type": _kind(status)}}


def openai_error(status: int, message: str) -> dict[str, Any]:
    """As OpenAI's interface does."""
    kind = "invalid_request_error" if status == 404 else _kind(status)
    code = "model_not_found" if status == 404 else None
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def ollama_error(status: int, message: str) -> dict[str, Any]:  # noqa: ARG001
    """As Ollama's server does."""
    return {"error": message}


def tabby_error(status: int, message: str) -> dict[str, Any]:  # noqa: ARG001
    """Tabby's server tells the status alone; clients write what stands beside it into their log."""
    return {"detail": message}


def _kind(status: int) -> str:
    return _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CodekilnError)
    return failure(request.url.path, status_of(error), message_of(error), error.code)


async def _hung_up(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return Response(status_code=HUNG_UP)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = []
    for found in error.errors()[:3]:
        place = ".".join(str(part) for part in found["loc"] if part != "body")
        problems.append(f"{place}: {found['msg']}" if place else found["msg"])
    status = 422 if shape_of(request.url.path) is tabby_error else 400
    return failure(request.url.path, status, f"The request cannot be read ({'; '.join(problems)}).")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404:
        return failure(path, 404, f"There is no {path} here: /docs lists what there is.")
    if error.status_code == 405:
        return failure(path, 405, f"{path} is not asked by {request.method}: see /docs.")
    return failure(path, error.status_code, f"The request cannot be read ({error.detail}).")


async def _unforeseen(request: Request, error: Exception) -> Response:
    """The server writes the traceback to its terminal."""
    return failure(request.url.path, 500, message_of(error))
