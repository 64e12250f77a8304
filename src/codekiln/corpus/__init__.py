"""Step 1: from sources of code to cleaned, licensed, deduplicated and split documents."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import codekiln.corpus.extra as extra

if TYPE_CHECKING:
    from codekiln.corpus.with_extra import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """What needs the extra is loaded when first asked for.

    The rooms within that clean a single file need none, so that a live index does without; where it is
    installed, a server would hold 35 MB for nothing.
    """
    if name.startswith("_"):
        raise AttributeError(name)
    if not extra.INSTALLED:
        raise extra.missing()
    return getattr(import_module("codekiln.corpus.with_extra"), name)
