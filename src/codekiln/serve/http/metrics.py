"""`/metrics` for Prometheus: requests, suggestions and their times; nothing of what was asked."""

import time
from collections.abc import Callable

from fastapi import APIRouter
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codekiln.serve.assistant import Answer

SECONDS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The figures of one server."""

    def __init__(self, busy: Callable[[], float]) -> None:
        """`busy` says how many answers are being made."""
        self._registry = kept = CollectorRegistry()
        ProcessCollector(registry=kept)
        self._requests = Counter(
            "codekiln_requests", "By route and status.", ("route", "status"), registry=kept
        )
        self._seconds = Histogram(
            "codekiln_request_seconds",
            "Until the last byte, by route.",
            ("route",),
            buckets=SECONDS,
            registry=kept,
        )
        self._suggestions = Counter(
            "codekiln_suggestions", "By what is known of them.", ("state",), registry=kept
        )
        self._tokens = Counter(
            "codekiln_tokens", "Read in prompts, and written.", ("kind",), registry=kept
        )
        Gauge("codekiln_busy", "Answers being made.", registry=kept).set_function(busy)

    def note_answer(self, answer: Answer) -> None:
        """A suggestion was made."""
        self._suggestions.labels(answer.suggestion.verified.state).inc()
        times = answer.suggestion.completion.timings
        self._tokens.labels("prompt").inc(times.prompt_tokens)
        self._tokens.labels("generated").inc(times.generated_tokens)

    def note_request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered, or given up."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)


class Measured:
    """ASGI middleware that notes each request by its route, so that strange paths make no new series."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.note_request(route, status, time.perf_counter() - begun)


def router(metrics: Metrics) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["codekiln"])

    @routes.get("/metrics")
    async def told() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes
