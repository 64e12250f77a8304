"""The completer behind which every server stands, and what a server's dialect has to say for it."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from codekiln.generate.completer import CompletionChunk, CompletionRequest
from codekiln.generate.servers.answer import Piece, chunks
from codekiln.generate.servers.client import Client, known_shape
from codekiln.generate.servers.request import check, fitting
from codekiln.generate.servers.within import within
from codekiln.generate.templates import Template


class Dialect(Protocol):
    """How one kind of server is asked."""

    @property
    def name(self) -> str:
        """The kind of server, for messages."""

    @property
    def model(self) -> str:
        """Which of its models answers."""

    @property
    def settings(self) -> frozenset[str]:
        """Fields of a request that it knows and some other server does not."""

    @property
    def context(self) -> int:
        """Most tokens of a prompt and its answer."""

    @property
    def density(self) -> int:
        """Characters of a prompt a token at first; where too long is told, fewer are tried then."""

    @property
    def template(self) -> Template | None:
        """How we write its prompts; None where the server does, and keeps its control to itself."""

    def ask(self, request: CompletionRequest, prefix: str, suffix: str) -> Generator[Piece]:
        """The answer to a request whose text is `prefix` and `suffix`."""

    def chat(self, request: CompletionRequest) -> Generator[Piece]:
        """The next turn of a chat, by the template that the server has for its model."""


@dataclass(frozen=True)
class ServerCompleter:
    """Completes with the model of a server; requests may run beside one another.

    A chunk has the ids and log-probabilities that the server tells, which may be none, and the
    number of the prompt's tokens where it is known by then: surely in the last chunk, if at all.
    """

    client: Client
    dialect: Dialect

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """Chunks as they come; nothing is asked before the first is wanted.

        The prompt has what `max_tokens` leaves of the context, or half of it if that is more; a chat is
        sent whole, and what in its messages the server reads as control is not known here.
        Closing the iterator closes the connection, so that the server stops.

        Raises:
            UsageError: at once, if the request is out of bounds or beyond the server.
            ServerError: no server, a refusal, or an answer that breaks off.
        """
        dialect = self.dialect
        check(request, f"{dialect.name} at {self.client.url}", dialect.settings)
        tokens = max(dialect.context - request.max_tokens, dialect.context // 2)
        tokens = min(request.max_prompt_tokens or tokens, tokens)

        def ask(prefix: str, suffix: str) -> Generator[Piece]:
            with known_shape(self.client.url):
                yield from dialect.ask(request, prefix, suffix)

        control, leaks = _control(dialect.template)
        if request.is_chat:
            pieces = self._chat(request)
        else:
            pieces = fitting(request, tokens * dialect.density, control, ask)
        return within(request, chunks(pieces, request.stop, leaks))

    def _chat(self, request: CompletionRequest) -> Generator[Piece]:
        with known_shape(self.client.url):
            yield from self.dialect.chat(request)

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _control(template: Template | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Strings that are not read as text in a prompt, and those that are never text in an answer."""
    return (template.control, template.leaks) if template else ((), ())
