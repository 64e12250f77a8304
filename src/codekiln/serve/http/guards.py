"""Who may ask, and how much: before any route sees a request.

Programs on this machine may; so may the pages of this server. A page of another site may not, neither
across origins (its browser says `Origin`) nor by a name that it made lead here (DNS rebinding: `Host`).
"""

import asyncio
import hashlib
import hmac
import ipaddress
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codekiln.serve.http.errors import failure
from codekiln.serve.http.settings import Settings

COOKIE = "codekiln-token"
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LOCAL = ("localhost", "127.0.0.1", "::1")


class RefusedError(Exception):
    """A request is not let in."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guards:
    """ASGI middleware, outside of all but the measuring."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _secured(send)
        try:
            self._check_origin(Headers(scope=scope))
            if self._shown_in_address(scope):
                await self._enter(scope, receive, send)
                return
            self._check_token(scope)
            receive = await self._read(scope, receive)
        except RefusedError as error:
            await failure(scope["path"], error.status, str(error))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_origin(self, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._is_ours(_name(host)):
            how = "ask 127.0.0.1, or start it with that --host or --name"
            raise RefusedError(403, f"This server is not '{_name(host)}': {how}.")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            raise RefusedError(403, "Pages of other sites may not ask this server.")

    def _is_ours(self, name: str) -> bool:
        if name in LOCAL or name == self._settings.host.lower():
            return True
        # Nobody can make an address lead here; only a name can be.
        return bool(self._settings.token) and (name in self._settings.names or _is_address(name))

    def _check_token(self, scope: Scope) -> None:
        if not self._settings.token:
            return
        headers = Headers(scope=scope)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            right = self._right(given.strip())
        else:
            cookie = _cookies(headers).get(COOKIE, "")
            right = hmac.compare_digest(cookie.encode(), _sealed(self._settings.token).encode())
        if not right:
            raise RefusedError(
                401, "The token is missing or wrong: send 'Authorization: Bearer' and the server's."
            )

    def _right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._settings.token.encode())

    def _shown_in_address(self, scope: Scope) -> bool:
        """Whether a browser was given the token in the address, once."""
        if not self._settings.token or scope["method"] != "GET":
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return bool(given) and self._right(given)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the token in a cookie instead, so that it stands in no history."""
        answer = RedirectResponse(
            "/" + scope["path"].lstrip("/"), 303
        )  # of this server, not of another
        seal = _sealed(self._settings.token)
        answer.set_cookie(COOKIE, seal, httponly=True, samesite="strict")
        await answer(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        """The body, which has to come soon and to be small; then what comes after it."""
        if scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            return receive
        _as_json(scope)
        most, seconds = self._settings.body_bytes, self._settings.body_seconds
        if int(Headers(scope=scope).get("content-length", "0")) > most:
            raise RefusedError(413, f"The body has more than {most:,} bytes: send less text.")
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(seconds):
                while more:
                    message = await receive()
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > most:
                        raise RefusedError(
                            413, f"The body has more than {most:,} bytes: send less text."
                        )
        except TimeoutError:
            raise RefusedError(408, f"The body did not come within {seconds:.0f} s.") from None
        return _again(bytes(body), receive)


def _sealed(token: str) -> str:
    """What a cookie has of it: browsers send that to other ports of this machine too."""
    return hashlib.sha256(token.encode()).hexdigest()


def _secured(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
        await send(message)

    return secured


def _again(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _as_json(scope: Scope) -> None:
    """Every body is JSON here, whatever it calls itself: curl says it was a form."""
    MutableHeaders(scope=scope)["content-type"] = "application/json"


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _cookies(headers: Headers) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}
