"""What a server allows: to whom it listens, and how much one request may ask."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`token` is asked for on every route, unless it is empty.

    `names` are further names by which browsers may reach this machine. Of `tokens` an answer has at most
    so many, whatever it was asked for.
    """

    host: str = "127.0.0.1"
    token: str = ""
    names: tuple[str, ...] = ()
    tokens: int = 2048
    body_bytes: int = 4 << 20
    body_seconds: float = 10.0
    answer_seconds: float = 60.0
    threads: int = 64
