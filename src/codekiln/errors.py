"""The exception tree: what can go wrong for a user, each with the remedy in its message.

Only mistakes and accidents that a user can act on live here; a broken invariant of our own is an
`assert`. The command line prints the message and the `code`, under which docs/errors.md says more, and
leaves with `exit_code`.
"""

import re
from typing import ClassVar


class CodekilnError(Exception):
    """Anything a user can do something about. The message is one sentence that names the remedy."""

    exit_code = 1
    code: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """A class's code is its name: `missing-extra`. One that is not of this module has its parent's."""
        if cls.__module__ == __name__:
            words = re.findall("[A-Z][a-z]+", cls.__name__.removesuffix("Error"))
            cls.code = "-".join(words).lower()


class UsageError(CodekilnError):
    """The command or the recipe was wrong before any work began."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe has an unknown key, a wrong type or a value out of range."""


class SourceError(UsageError):
    """A source of code is missing, empty or of no kind we read."""


class CorpusError(CodekilnError):
    """The sources were read, but what is left of them cannot be trained on."""


class ArtifactError(CodekilnError):
    """An artifact is missing, truncated, altered or from another version."""


class BusyError(CodekilnError):
    """Another process is building the same artifact."""


class ModelError(CodekilnError):
    """A model cannot be loaded, or does not belong with the tokenizer beside it."""


class UnknownModelError(UsageError):
    """A model is asked for by a name that the server has not."""


class OverloadedError(CodekilnError):
    """More is asked of a server of ours at once than it lets wait; asked again in a while it answers."""


class LateError(CodekilnError):
    """An answer took longer than a server of ours allows."""


class ServerError(CodekilnError):
    """A model's server cannot be reached, refuses to answer, or breaks off."""


class PatchError(CodekilnError):
    """A patch cannot be read, or does not fit the code that it is for."""


class SettingsError(CodekilnError):
    """An editor's settings cannot be read, or not be changed so that all else in them stays.

    `lines` are what is then to be put in by hand.
    """

    def __init__(self, message: str, lines: str = "") -> None:
        super().__init__(message)
        self.lines = lines


class SandboxError(CodekilnError):
    """No sandbox works here, or it could not be set up; what it was to confine has not run."""


class TrainingError(CodekilnError):
    """Training cannot start or cannot go on."""


class DiskError(CodekilnError):
    """The disk is full, read-only or failing."""


class MissingExtraError(CodekilnError):
    """An optional part is not installed; the message holds the line that installs it."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra '{extra}': pip install 'codekiln[{extra}]'")
