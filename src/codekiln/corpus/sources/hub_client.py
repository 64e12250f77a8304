"""The client of the Hugging Face hub, which tells nobody that it is used, and its failures in our words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from codekiln.errors import CodekilnError, MissingExtraError, SourceError

SECONDS = 30


def client(purpose: str) -> ModuleType:
    """The client's module.

    Raises:
        MissingExtraError: it is not installed, and the `purpose` needs it.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read once, when the client is imported
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    try:
        import huggingface_hub
    except ImportError:
        raise MissingExtraError("hub", purpose) from None
    return huggingface_hub


@contextmanager
def explained(kind: str, name: str, revision: str, by_hand: str) -> Iterator[None]:
    """Any failure in the words of a remedy; `kind` is "dataset" or "model".

    The client's own errors change with its transport. `by_hand` is what to give instead of the name of
    something that was downloaded elsewhere.

    Raises:
        SourceError: there is no such thing or revision, it is gated, or no answer came.
    """
    from huggingface_hub import errors

    try:
        yield
    except CodekilnError:
        raise
    except errors.GatedRepoError:
        raise SourceError(
            f"The {kind} {name} is gated: accept its terms on the hub's page of it, then log "
            "in with 'hf auth login'."
        ) from None
    except errors.RepositoryNotFoundError:
        raise SourceError(
            f"The hub has no public {kind} {name}: mend its name or, if it is private, log in "
            "with 'hf auth login'."
        ) from None
    except errors.RevisionNotFoundError:
        raise SourceError(
            f"The {kind} {name} has no revision '{revision}': give a branch, a tag or a commit."
        ) from None
    except Exception as error:
        raise SourceError(
            f"The {kind} {name} cannot be fetched ({str(error) or type(error).__name__}): go online, "
            f"or download it elsewhere and give {by_hand}."
        ) from None
