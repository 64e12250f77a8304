"""What the corpus is made of: documents that were kept, and files that were not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One kept file. `content` is the file byte for byte, but for a byte order mark at its head and
    secrets and personal data, which placeholders stand for.

    `licence` is an SPDX expression and `licence_from` says how it was found; `time` is the last change
    in seconds since 1970 (0: not known); `sha256` is that of `content`; `group` is what the document
    is held out with.
    """

    content: str
    source: str
    repository: str
    path: str
    revision: str
    licence: str
    licence_from: str
    language: str
    domains: tuple[str, ...]
    time: int
    sha256: str
    group: str = ""


@dataclass(frozen=True)
class Rejection:
    """One file that was left out, and why. `bytes` is 0 where nobody looked at the file.

    `head` is the beginning of its text, without secrets, so that a person can judge the rule; a file
    that is no text has none.
    """

    source: str
    repository: str
    path: str
    language: str
    bytes: int
    reason: str
    detail: str
    head: str = ""
