"""The corpora of a work folder: what became of their files, and a search in those that were left out."""

import threading
import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from codekiln.artifact import Artifact, open_artifact
from codekiln.errors import CodekilnError, MissingExtraError, UsageError
from codekiln.pipeline.report.heatmap import visible
from codekiln.serve.http.replies import whole

STAGE = "corpus"
FIGURES = (
    *("seen", "kept", "bytes", "quarantined", "rejected", "redacted", "splits"),
    *("funnel", "languages", "licences", "licences_from"),
)
SHOWN = 30  # files that a search shows
SECONDS = 10.0  # it may take


def add_routes(routes: APIRouter, work: Path) -> None:
    """The routes of the page of the corpus."""

    @routes.get("/corpora")
    async def _corpora(request: Request) -> dict[str, Any]:
        return await whole(request, lambda _: {"corpora": corpus_names(work)})

    @routes.get("/corpora/{name}")
    async def _corpus(name: str, request: Request) -> dict[str, Any]:
        return await whole(request, lambda _: corpus_as_json(_opened(work, name)))

    @routes.get("/corpora/{name}/rejected")
    async def _rejected(
        name: str,
        request: Request,
        words: Annotated[str, Query(max_length=200)] = "",
        reason: Annotated[str, Query(max_length=80)] = "",
    ) -> dict[str, Any]:
        return await whole(
            request, lambda cancelled: find_rejected(_opened(work, name), words, reason, cancelled)
        )


def corpus_names(work: Path) -> list[str]:
    """The finished corpora, the newest first."""
    found = [path.parent for path in work.glob(f"{STAGE}/*/manifest.json")]
    whole_ones = [path for path in found if not path.name.endswith(".partial")]
    return [
        path.name
        for path in sorted(whole_ones, key=lambda path: path.stat().st_mtime, reverse=True)
    ]


def corpus_as_json(corpus: Artifact) -> dict[str, Any]:
    """What its build counted."""
    figures = corpus.statistics
    return {
        "name": str(corpus.manifest["name"]),
        "sources": len(figures["sources"]),
        **{name: figures[name] for name in FIGURES},
    }


def find_rejected(
    corpus: Artifact, words: str, reason: str, cancelled: threading.Event
) -> dict[str, Any]:
    """Files that were left out for a reason, or for any, in whose path, reason or text all words stand.

    `count` is that of all; where the search is not `complete`, of those that were found in time.
    """
    try:
        from codekiln.corpus import rejected

        rejections = rejected(corpus)
    except MissingExtraError as error:
        return {"missing": str(error)}
    wanted, until = words.lower().split(), time.monotonic() + SECONDS
    files: list[dict[str, Any]] = []
    count, complete = 0, True
    for one in rejections:
        if cancelled.is_set() or time.monotonic() > until:
            complete = False
            break
        if reason and one.reason != reason:
            continue
        shown = f"{one.repository}/{one.path}"
        text = f"{one.source}/{one.path} {shown} {one.reason} {one.detail} {one.head}".lower()
        if all(word in text for word in wanted):
            count += 1
            if len(files) < SHOWN:
                files.append(
                    {
                        "path": visible(shown),
                        "language": one.language,
                        "bytes": one.bytes,
                        "reason": one.reason,
                        "detail": visible(one.detail),
                        "head": visible(one.head),
                    }
                )
    return {"count": count, "complete": complete, "files": files}


def _opened(work: Path, name: str) -> Artifact:
    if name not in corpus_names(work):
        raise UsageError(f"There is no corpus '{name}' in {work}: reload the page.")
    try:
        return open_artifact(work / STAGE / name, STAGE)
    except CodekilnError as error:
        raise UsageError(str(error)) from None
