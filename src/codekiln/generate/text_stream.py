"""From the bytes of tokens to text that is certain: nothing that a stop string may still take back.

Where an answer ends by its lines is in `extents`; both are fed text and hold back what is unsure.
"""

import codecs


class TextStream:
    """Bytes in, text out, as soon as it can no longer be part of a stop string or of a character.

    Invalid bytes become U+FFFD. Of several stop strings the first to be complete counts, so the
    result does not depend on where tokens begin and end.
    """

    def __init__(self, stop: tuple[str, ...]) -> None:
        """End before the first of these strings, none of them empty."""
        self.stopped = False
        self._stop = stop
        self._held = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def feed(self, data: bytes, final: bool = False) -> str:
        """The text that became certain; with `final`, all that was held back.

        Once `stopped`, the text up to the stop string has been returned and no more may be fed.
        """
        text = self._held + self._decoder.decode(data, final)
        found = [(text.find(stop) + len(stop), -len(stop)) for stop in self._stop if stop in text]
        if found:
            end, length = min(found)
            self.stopped = True
            return text[: end + length]
        certain = len(text) if final else len(text) - self._unsure(text)
        self._held = text[certain:]
        return text[:certain]

    def _unsure(self, text: str) -> int:
        """Length of the longest end of `text` with which a stop string begins."""
        longest = max(map(len, self._stop), default=1) - 1
        return next(
            (n for n in range(min(longest, len(text)), 0, -1) if self._begins_a_stop(text[-n:])), 0
        )

    def _begins_a_stop(self, end: str) -> bool:
        return any(stop.startswith(end) for stop in self._stop)
