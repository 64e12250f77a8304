"""The socket and the loop: where a server listens, and how it stops."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from codekiln.errors import UsageError

CONNECTIONS = 256  # at once; more are told to come later
SILENT = 10  # seconds until a connection must have brought a request
GRACE = 30  # seconds in which streams may finish


def is_local(host: str) -> bool:
    """Whether only programs of this machine can ask there."""
    return ipaddress.ip_address(_address(host)).is_loopback


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at an address of this machine; who asks before `run` waits.

    Raises:
        UsageError: the host is a name (nothing is looked up), the port is taken or not allowed.
    """
    address = _address(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    # On Windows that would let others take over a port in use, and another option forbids it.
    alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    found.setsockopt(socket.SOL_SOCKET, alone, 1)
    try:
        found.bind((address, port))
        found.listen()  # or a second server would find the port taken only once its model is loaded
    except OverflowError:
        found.close()
        raise UsageError(f"--port is {port}, but must be between 0 and 65535.") from None
    except PermissionError:
        found.close()
        raise UsageError(f"Port {port} is the system's: give a --port from 1024 on.") from None
    except OSError as error:
        found.close()
        raise UsageError(
            f"{host} port {port} cannot be had ({error.strerror}): stop what listens there, or give "
            "another --port."
        ) from None
    return found


def address_of(listener: socket.socket) -> str:
    """What a browser or an editor is to ask."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; what is being answered then is finished first.

    `started` is called once requests are taken.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
    )
    # uvicorn raises a signal again once it has stopped: as an exception, so that indexes are closed.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _Server(config, started).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # as asked for
    finally:
        signal.signal(signal.SIGTERM, before)


class _Protocol(H11Protocol):
    """uvicorn's, which does not wait for ever for a connection's first request: there are only so many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._silence = self.loop.call_later(SILENT, self._close_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        self._silence.cancel()
        super().connection_lost(exc)

    def _close_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn's, which says when it has started."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._begun()


def _address(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise UsageError(
            f"--host is {host}, but must be an address, such as 127.0.0.1; names go to --name."
        ) from None
