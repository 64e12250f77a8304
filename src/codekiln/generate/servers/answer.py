"""From what a server sends to chunks: stop strings, leaked control, and an end that is told apart."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from codekiln.errors import ServerError
from codekiln.generate.completer import CompletionChunk
from codekiln.generate.decoding import FinishReason
from codekiln.generate.text_stream import TextStream


@dataclass(frozen=True)
class Piece:
    """What one message of a server says. What it does not say is empty, or 0; nothing is invented."""

    text: str = ""
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    finish_reason: FinishReason | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0


def chunks(
    pieces: Generator[Piece], stop: tuple[str, ...], leaks: tuple[str, ...]
) -> Generator[CompletionChunk]:
    """A chunk for each piece, the last at the server's end, a stop string, or one of `leaks`.

    `leaks` are the strings of control, which some servers let through as text: there the answer has
    ended. Once it has, or the iterator is closed, `pieces` is closed too.

    Raises:
        ServerError: the pieces stop without an end, or raise it; the text so far has been yielded.
    """
    answer = _Answer(stop, leaks)
    with closing(pieces):
        try:
            for piece in pieces:
                text, reason = answer.feed(piece.text, piece.finish_reason)
                yield CompletionChunk(
                    text,
                    piece.token_ids,
                    piece.logprobs,
                    reason,
                    piece.prompt_tokens,
                    piece.answer_tokens,
                )
                if reason:
                    return
            raise ServerError("The server broke its answer off: see its log, or try again.")
        except ServerError:
            if held := answer.feed("", "end")[0]:
                yield CompletionChunk(held, (), ())
            raise


class _Answer:
    """The text of an answer as it becomes certain, and why it ended."""

    def __init__(self, stop: tuple[str, ...], leaks: tuple[str, ...]) -> None:
        self._control = TextStream(leaks)
        self._text = TextStream(stop)

    def feed(self, text: str, reason: FinishReason | None) -> tuple[str, FinishReason | None]:
        """The text that became certain; with a `reason`, all that is left."""
        clean = self._control.feed(_utf8(text), final=reason is not None)
        if self._control.stopped:
            reason = "end"
        certain = self._text.feed(_utf8(clean), final=reason is not None)
        return certain, "stop" if self._text.stopped else reason


def _utf8(text: str) -> bytes:
    """Bytes of a text of JSON, in which one half of a pair may stand alone."""
    return text.encode(errors="replace")
