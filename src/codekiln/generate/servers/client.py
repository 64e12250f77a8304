"""HTTP to one server: JSON in and out, streams of JSON, and every failure as one clear sentence.

Nothing here knows what is asked. The key for the server comes from the environment, goes only into
the request's header, and no redirect is followed, so that neither key nor code reaches another host.
"""

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from codekiln.errors import MissingExtraError, ServerError, UsageError

try:
    import httpx
except ImportError:
    raise MissingExtraError("servers", "Completing with a server's model") from None

API_KEY = "CODEKILN_API_KEY"
CONNECTING = 5.0  # seconds until somebody listens
LONGEST_LINE = 1_000_000  # bytes; a piece of an answer has hundreds
LONGEST_REASON = 200  # characters of a server's own words in a message

_TOO_LONG = ("exceed_context_size", "context length", "context size", "context window")


class RefusedError(ServerError):
    """The server answered with an HTTP status that is no success."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class TooLongError(RefusedError):
    """The prompt and the answer together have more tokens than the server's context."""


@contextmanager
def known_shape(url: str) -> Iterator[None]:
    """JSON that lacks what is looked for is an error of the server's.

    Raises:
        ServerError: a key is missing, or a value is of another type.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ServerError(
            f"{url} answers in a form that is not known ({_plain(repr(error))}): give the address "
            "of a model's server."
        ) from error


class Client:
    """One server by its address; safe to use from several threads."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        """`timeout` is in seconds, until the next piece of an answer.

        Raises:
            UsageError: the address is none of the web's, holds a password, or the key is no key.
        """
        address = _address(url)
        self.url = str(address)
        self._timeout = timeout
        local = _is_local(address.host)  # a proxy would look for localhost at its own
        self._http = httpx.Client(
            base_url=address,
            headers=_credentials(),
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECTING)),
            trust_env=not local,
            verify=not local or address.scheme == "https",  # loading certificates takes 30 ms
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path below the address.

        Raises:
            ServerError: nothing answers, it refuses, or the answer is no JSON object.
        """
        with self._response("GET", path) as response:
            return self._object(response.read())

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """As `get`, for a question with a JSON body."""
        with self._response("POST", path, body) as response:
            return self._object(response.read())

    def stream(self, path: str, body: Mapping[str, object]) -> Generator[dict[str, Any]]:
        """JSON objects as they come: server-sent events, or a line each.

        Closing the iterator closes the connection, by which the server knows to stop.

        Raises:
            ServerError: as `get`; the server reports an error, or breaks off, in the middle.
        """
        with self._response("POST", path, body) as response:
            for line in self._lines(response):
                name, colon, value = line.partition(b":")
                if name in (b"data", b"error"):
                    line = value.strip()
                elif colon and name in (b"", b"event", b"id", b"retry"):
                    continue
                if line == b"[DONE]":
                    return
                event = self._object(line)
                if said := _reason(event):
                    raise ServerError(f"{self.url} broke its answer off ({said}): see its log.")
                yield event

    def _lines(self, response: httpx.Response) -> Iterator[bytes]:
        """Lines that are not empty; the line ends of Unicode are text here, unlike in httpx."""
        held = b""
        for data in response.iter_bytes():
            *lines, held = (held + data).split(b"\n")
            yield from filter(None, map(bytes.strip, lines))
            if len(held) > LONGEST_LINE:
                raise ServerError(f"{self.url} sends a line without end: is it a model's server?")
        if held.strip():
            yield held.strip()

    @contextmanager
    def _response(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Iterator[httpx.Response]:
        with self._failures():
            response = self._send(self._http.build_request(method, path, json=body))
            try:
                if not response.is_success:
                    response.read()
                    raise self._refusal(path, response)
                yield response
            finally:
                response.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._http.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # A kept connection that the server closed at this moment: seen with llama.cpp.
            return self._http.send(request, stream=True)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise ServerError(
                f"Nothing answers at {self.url}: start the server there, or give its address."
            ) from None
        except httpx.TimeoutException:
            raise ServerError(
                f"{self.url} was silent for {self._timeout:g} seconds: see its log, or try again."
            ) from None
        except httpx.RequestError as error:
            raise ServerError(
                f"The connection to {self.url} broke ({_plain(str(error))}): see its log."
            ) from None

    def _object(self, data: bytes) -> dict[str, Any]:
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            kind = "a web page" if data.lstrip()[:1] == b"<" else "something else"
            raise ServerError(
                f"{self.url} answers with {kind}, not with JSON: give the address of a model's "
                "server."
            )
        return value

    def _refusal(self, path: str, response: httpx.Response) -> RefusedError:
        status = response.status_code
        try:
            reason = _reason(json.loads(response.content))
        except ValueError:
            reason = ""
        if any(words in response.text for words in _TOO_LONG):
            return TooLongError(
                f"The text is too long for {self.url} ({reason}): give its context's size.", status
            )
        said = f" ({reason})" if reason else ""
        if status in (401, 403):
            known = "another key" if os.environ.get(API_KEY) else "a key"
            message = f"{self.url} wants {known}{said}: set {API_KEY} in the environment."
        elif response.has_redirect_location:
            place = _plain(response.headers["location"])
            message = f"{self.url} sends on to {place}: give that address, if you trust it."
        elif status == 404:
            message = f"{self.url} has no {path}{said}: give the address of a model's server."
        elif status == 429:
            message = f"{self.url} has too much to do{said}: try again later."
        elif status == 503:
            message = f"{self.url} is not ready{said}: try again when its model is loaded."
        else:
            message = f"{self.url} refuses with status {status}{said}: see its log."
        return RefusedError(message, status)


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise UsageError("A server's address is like http://localhost:8080: give such a one.")
    if address.userinfo:
        raise UsageError(f"A server's address holds a password: put it into {API_KEY} instead.")
    path = address.path.rstrip("/").removesuffix("/v1")
    return address.copy_with(path=path, query=None, fragment=None)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _credentials() -> dict[str, str]:
    key = os.environ.get(API_KEY, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"{API_KEY} holds what no key has: set it anew.")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _reason(value: object) -> str:
    """What a server says of an error, or nothing if the object is none."""
    if isinstance(value, dict):
        for name in ("error", "message", "detail"):
            said = value.get(name)
            if said and not (name == "message" and isinstance(said, dict)):  # a turn of a chat
                return _reason(said) or _plain(json.dumps(said))
    return _plain(value) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """One short line without control characters, which could steer a terminal."""
    visible = "".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST_REASON])
    return " ".join(visible.split())[:LONGEST_REASON].rstrip(".")
