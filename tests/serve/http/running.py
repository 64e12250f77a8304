"""A server of ours as clients meet it: uvicorn on a free port, in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


@contextmanager
def running(app: FastAPI, listener: socket.socket | None = None, **how: object) -> Iterator[str]:
    """The address of an app, while it runs; that of a `listener`, where there is one."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none", **how))
    ready = threading.Event()
    startup = server.startup

    async def started(**how: object) -> None:
        await startup(**how)
        ready.set()

    server.startup = started
    thread = threading.Thread(target=server.run, args=([listener] if listener else None,))
    thread.start()
    try:
        assert ready.wait(30)
        [listener] = server.servers[0].sockets
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
