"""How passages of a text that stand in an index are told, and how an index is opened for a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from codekiln.cli.terminal import printable

if TYPE_CHECKING:
    from codekiln.index import Index
    from codekiln.index.provenance import Passage


@contextmanager
def opened_index(path: Path, model: Path, work: Path) -> "Iterator[Index]":
    """The index of an artifact, or that of a folder of code, brought up to date."""
    from codekiln.artifact import is_artifact, open_work
    from codekiln.generate.loading import model_folder
    from codekiln.index import Index
    from codekiln.index.folder import FolderIndex
    from codekiln.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(model_folder(model))
    if is_artifact(path):
        yield Index.open(path, tokenizer)
        return
    open_work(work)
    with FolderIndex.open(path, tokenizer, work) as live:
        yield live.index


def passage_line(passage: "Passage") -> str:
    """Where a passage stands, as markup."""
    place, others = passage.places[0], passage.count - 1
    where = f"{place.origin.repository}/{place.origin.path}:{place.line}, {place.origin.licence}"
    more = f" and {others:,} other places" if others else ""
    flag = "[red]licence not on your list:[/] " if passage.flagged else ""
    return f"{flag}as in {escape(printable(where))}{more}"
