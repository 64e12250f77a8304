"""What of other files goes into a prompt, and why."""

from codekiln.tasks.context.folder import WorkingFolder
from codekiln.tasks.context.gather import (
    Context,
    Dropped,
    OpenFile,
    Piece,
    Similar,
    Snippet,
    gather,
)

__all__ = ["Context", "Dropped", "OpenFile", "Piece", "Similar", "Snippet", "WorkingFolder", "gather"]
