"""What of a request a server is asked: its settings, refused by name, and as much text as fits."""

import json
from collections.abc import Callable, Generator
from dataclasses import fields
from typing import Any

from codekiln.errors import UsageError
from codekiln.generate.completer import CompletionRequest
from codekiln.generate.constraints.json_schema import grammar_of
from codekiln.generate.servers.answer import Piece
from codekiln.generate.servers.client import TooLongError
from codekiln.generate.strategies import strategy_of

SUFFIX_SHARE = 4  # the suffix has at most one quarter of the room, as in `tasks.completion`
ATTEMPTS = (1, 2, 4)  # parts of the room that are tried, should the server find the text too long

# A template that has no place for what is known of the file leaves it out, as our own do.
_FILE = {"prefix", "suffix", "path", "language", "repository", "domains"}
# Those behind `seed` are kept by us, whatever the server can do.
_ALWAYS = frozenset(
    _FILE
    | {"context", "max_tokens", "temperature", "stop", "seed"}
    | {"lines", "block", "max_prompt_tokens", "deadline_ms", "line_deadline_ms", "cancelled"}
    | {"messages"}
)


def check(request: CompletionRequest, server: str, able: frozenset[str]) -> None:
    """Whether a server can do all that is asked; `able` are the settings that not every server knows.

    Raises:
        UsageError: a setting is out of bounds, or not at its default and not known to the server.
        MissingExtraError: as `schema`.
    """
    strategy_of(request.sampling)
    _ = request.header
    if request.max_tokens < 1:
        raise UsageError(f"max_tokens is {request.max_tokens}, but must be ≥ 1.")
    if request.max_prompt_tokens is not None and request.max_prompt_tokens < 1:
        raise UsageError(f"max_prompt_tokens is {request.max_prompt_tokens}, but must be ≥ 1.")
    if request.seed < 0:
        raise UsageError(f"seed is {request.seed}, but must be ≥ 0.")
    texts = (request.context, request.prefix, request.suffix, *request.stop)
    try:
        "".join((*texts, *(turn.content for turn in request.messages))).encode()
    except UnicodeEncodeError:
        raise UsageError("The text is not UTF-8: convert it first.") from None
    if "" in request.stop:
        raise UsageError("A stop string is empty: leave it out.")
    for field in fields(request):
        known = field.name in able or field.name in _ALWAYS
        if not known and getattr(request, field.name) != field.default:
            raise UsageError(
                f"{server} cannot be asked for {field.name}: leave it out, or use a model that "
                "codekiln runs itself."
            )
    schema(request)


def schema(request: CompletionRequest) -> dict[str, Any] | None:
    """The schema that the answer must fit, if any.

    It is read here first: some servers answer without a schema that they cannot use, and say nothing.

    Raises:
        UsageError: it is no JSON object, or as `grammar_of`.
        MissingExtraError: as `grammar_of`.
    """
    if request.json_schema is None:
        return None
    grammar_of(request.json_schema)
    found = json.loads(request.json_schema)
    if not isinstance(found, dict):
        raise UsageError("The JSON schema is no JSON object: correct it.")
    return found


def turns(request: CompletionRequest) -> list[dict[str, str]]:
    """The messages of a chat, as every server wants them."""
    return [{"role": turn.role, "content": turn.content} for turn in request.messages]


def fitting(
    request: CompletionRequest,
    room: int,
    control: tuple[str, ...],
    ask: Callable[[str, str], Generator[Piece]],
) -> Generator[Piece]:
    """Ask with the text around the cursor, at most `room` characters, fewer where it is refused.

    `control` are strings that the server would not read as text: beyond the nearest of them on
    either side nothing is shown.

    Raises:
        TooLongError: the server refuses even a quarter of the room.
    """
    prefix, suffix = _between(request.context + request.prefix, request.suffix, control)
    for part in ATTEMPTS:
        try:
            yield from ask(*_window(prefix, suffix, max(room // part, 1)))
            return
        except TooLongError:
            if part == ATTEMPTS[-1]:
                raise


def _between(prefix: str, suffix: str, control: tuple[str, ...]) -> tuple[str, str]:
    ends = (prefix.rfind(mark) + len(mark) for mark in control if mark in prefix)
    starts = (suffix.find(mark) for mark in control if mark in suffix)
    return prefix[max(ends, default=0) :], suffix[: min(starts, default=len(suffix))]


def _window(prefix: str, suffix: str, room: int) -> tuple[str, str]:
    """The end of the prefix and the beginning of the suffix.

    The prefix is cut in steps of a quarter of its room, at a line's start where there is one: typing
    on leaves the start of the prompt, and with it the server's cache, as it was.
    """
    after = suffix[: max(room // SUFFIX_SHARE, room - len(prefix))]
    room -= len(after)
    if len(prefix) <= room:
        return prefix, after
    step = max(room // 4, 1)
    start = -(-(len(prefix) - room) // step) * step
    line = prefix.find("\n", start - 1, start + step) + 1
    return prefix[line or start :], after
