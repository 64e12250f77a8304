"""What of other files goes into a prompt, and why: within a budget, a reason for each piece."""

from codekiln.tasks.context.choice import OpenFile, Similar, gather
from codekiln.tasks.context.folder import WorkingFolder
from codekiln.tasks.context.piece import Context, Dropped, Piece, Snippet
from codekiln.tasks.context.texts import TextFolder

__all__ = [
    "Context",
    "Dropped",
    "OpenFile",
    "Piece",
    "Similar",
    "Snippet",
    "TextFolder",
    "WorkingFolder",
    "gather",
]
