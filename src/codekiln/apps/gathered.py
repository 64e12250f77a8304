"""What of the files around a file its prompt may show: from paths and an index to `tasks.context`."""

from collections.abc import Sequence
from pathlib import Path

from codekiln.apps.complete import repository_of
from codekiln.generate import CompletionRequest
from codekiln.generate.loading import model_folder
from codekiln.index import Index
from codekiln.index.similar import similar
from codekiln.languages import languages
from codekiln.tasks.context import Context, OpenFile, Snippet, WorkingFolder, gather
from codekiln.tokenizer import Tokenizer


def gathered(
    request: CompletionRequest, file: Path | None, model: Path, index: Index | None, budget: int
) -> Context:
    """As `gathered_in`: of the repository of `file`, or of its folder if it is in none."""
    folder = WorkingFolder(repository_of(file) or file.resolve().parent) if file else None
    return gathered_in(request, folder, Tokenizer.load(model_folder(model)), index, budget)


def gathered_in(
    request: CompletionRequest,
    folder: WorkingFolder | None,
    tokenizer: Tokenizer,
    index: Index | None,
    budget: int,
    recent: Sequence[Snippet] = (),
) -> Context:
    """Pieces of at most `budget` tokens: definitions of what is imported in `folder`, hits of the index.

    And of the snippets that were edited lately. The open file, as it was when it was saved, is left out.
    """
    others = index.without(request.path) if index and request.path else index

    def hits(lines: str) -> list[Snippet]:
        return [Snippet(*hit) for hit in similar(others, lines)] if others else []

    return gather(
        tokenizer,
        OpenFile(request.path, languages().get(request.language), request.prefix, request.suffix),
        budget,
        folder=folder,
        similar=hits,
        recent=recent,
    )
