"""A server on a free port that says what a test wants, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """`parts` are sent one by one. Then the answer is whole, broken off, or never ends."""

    parts: Iterable[bytes | str] = ()
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: bool = False
    hangs: bool = False


def said(value: object, status: int = 200) -> Reply:
    """One JSON document."""
    return Reply([json.dumps(value)], status)


def events(*values: object, done: bool = True, **how: Any) -> Reply:
    """Server-sent events, closed as OpenAI's are."""
    lines = [f"data: {json.dumps(value, ensure_ascii=False)}\n\n" for value in values]
    return Reply(lines + ["data: [DONE]\n\n"] * done, kind="text/event-stream", **how)


def lines(*values: object, **how: Any) -> Reply:
    """A JSON object a line."""
    return Reply([json.dumps(value, ensure_ascii=False) + "\n" for value in values], **how)


class ModelServer:
    """Replies by "METHOD /path"; anything else is 404. A list of replies is used up but for its last."""

    def __init__(self, replies: Mapping[str, Reply | list[Reply]]) -> None:
        self.replies = {path: r if isinstance(r, list) else [r] for path, r in replies.items()}
        self.asked: list[tuple[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.left = threading.Event()  # a client went away in the middle of an answer
        self._closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self, "GET")

            def do_POST(self) -> None:
                server._answer(self, "POST")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def bodies(self, path: str) -> list[Any]:
        """What was asked at a path."""
        return [body for place, body in self.asked if place == path]

    def _answer(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        path = f"{method} {handler.path}"
        self.asked.append((path, json.loads(body) if body else None))
        self.headers.append(dict(handler.headers))
        queue = self.replies.get(path, [said({"error": {"message": "File Not Found"}}, 404)])
        reply = queue.pop(0) if len(queue) > 1 else queue[0]
        handler.send_response(reply.status)
        for name, value in {"Content-Type": reply.kind, **reply.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            self._send(handler, reply)
        except OSError:
            self.left.set()

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        def chunk(data: bytes) -> None:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

        for part in reply.parts:
            chunk(part.encode() if isinstance(part, str) else part)
        while reply.hangs and not self._closing.wait(0.01):
            chunk(b": still here\n\n")
        if not reply.breaks:
            chunk(b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
