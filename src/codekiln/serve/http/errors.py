"""From an exception to a status and to the shape in which a format tells its errors.

The path tells the format; of `/v1/completions`, which two formats ask, the body does.
"""

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
from codekiln.serve.http import tabby
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
Shape = Callable[[int, str, str], dict[str, Any]]  # of a status, a message and a code


def install(app: FastAPI) -> None:
    """Have every failure of a route answered in its format's shape."""
    app.add_exception_handler(CodekilnError, _ours)
    app.add_exception_handler(HungUpError, _hung_up)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def told_of(error: Exception) -> tuple[int, str, str]:
    """Status, message and code of what an assistant raises, or of what is our own mistake.

    A client is told the sentence of an error of ours, and nothing of what was not foreseen.
    """
    if not isinstance(error, CodekilnError):
        return 500, "Something went wrong in the server; its terminal says what.", UNCLASSED
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return status, str(error), error.code


def failure(path: str, status: int, message: str, code: str = UNCLASSED) -> Response:
    """The answer that says so, in the shape of the format that `path` belongs to."""
    return _shaped(shape_of(path), status, message, code)


def _shaped(shape: Shape, status: int, message: str, code: str = UNCLASSED) -> Response:
    """No format has a place for `code`, which docs/errors.md is ordered by, so a header tells it."""
    headers = {CODE: code}
    if status == 429:
        headers["Retry-After"] = str(RETRY_AFTER)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    told = message.encode(errors="backslashreplace").decode()  # names in it may be no text
    return JSONResponse(shape(status, told, code), status, headers)


def shape_of(path: str, body: object = None) -> Shape:
    """How the format of a path tells an error; of some paths it depends on the `body`, if that was read."""
    if path.startswith("/api/"):
        return ollama_error
    if path in ("/v1/health", "/v1/events") or path.startswith("/v1beta/"):
        return tabby_error
    if path == "/v1/completions" and tabby.is_asked(body):
        return tabby_error
    if path.startswith("/v1/"):
        return openai_error
    return llama_cpp_error


def llama_cpp_error(status: int, message: str, code: str) -> dict[str, Any]:  # noqa: ARG001
    """As llama.cpp's server does."""
    return {"error": {"code": status, "message": message, "type": _kind(status)}}


def openai_error(status: int, message: str, code: str) -> dict[str, Any]:
    """As OpenAI's interface does."""
    kind = "invalid_request_error" if status == 404 else _kind(status)
    theirs = "model_not_found" if code == UnknownModelError.code else None
    return {"error": {"message": message, "type": kind, "param": None, "code": theirs}}


def ollama_error(status: int, message: str, code: str) -> dict[str, Any]:  # noqa: ARG001
    """As Ollama's server does."""
    return {"error": message}


def tabby_error(status: int, message: str, code: str) -> dict[str, Any]:  # noqa: ARG001
    """Tabby's server tells the status alone; clients write what stands beside it into their log."""
    return {"detail": message}


def _kind(status: int) -> str:
    return _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")


async def _ours(request: Request, error: Exception) -> Response:
    return _shaped(_shape(request), *told_of(error))


async def _hung_up(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return Response(status_code=HUNG_UP)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = []
    for found in error.errors()[:3]:
        place = ".".join(str(part) for part in found["loc"] if part != "body")
        problems.append(f"{place}: {found['msg']}" if place else found["msg"])
    shape = shape_of(request.url.path, error.body)
    status = 422 if shape is tabby_error else 400
    return _shaped(shape, status, f"The request cannot be read ({'; '.join(problems)}).")


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
    return _shaped(_shape(request), *told_of(error))


def _shape(request: Request) -> Shape:
    """That of a request which its route may have told the format of."""
    told: Shape | None = getattr(request.state, "shape", None)
    return told or shape_of(request.url.path)
