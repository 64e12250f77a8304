"""`codekiln complete`: from its options to a request and a completer, and what is said of the answer."""

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codekiln.cli.options import Json, Model, Work
from codekiln.cli.passages import opened_index, passage_as_json, passage_line
from codekiln.cli.terminal import errors, print_json, progress_bars
from codekiln.errors import UsageError
from codekiln.generate.loading import EngineKind, Weights
from codekiln.languages import language_of

if TYPE_CHECKING:
    from codekiln.apps.suggest import Suggestion
    from codekiln.generate import Completer, CompletionRequest
    from codekiln.index import Index
    from codekiln.tasks.context import Context

ADAPTER = "chosen"  # the only one that is loaded
REASONS = {
    "error": "nothing of it would parse here",
    "repeated": "it only repeats what follows the cursor",
    "empty": "the model wrote nothing",
    "unfinished": "it opens what it does not close",
    "no parser": "there is no parser for this language",
    "broken file": "the file around the cursor does not parse",
    "doubtful": "it parses, but with what the parser takes and the language may not",
    "limit": "it would take too long to check",
}


def complete(
    model: Model = Path("starter"),
    file: Annotated[
        Path | None, typer.Argument(help="The file to complete in; none reads stdin.")
    ] = None,
    line: Annotated[int | None, typer.Option(help="Line, from 1.")] = None,
    column: Annotated[int | None, typer.Option(help="Column, from 1; none: the end.")] = None,
    prefix_file: Annotated[Path | None, typer.Option(help="The text before the cursor.")] = None,
    suffix_file: Annotated[Path | None, typer.Option(help="The text after the cursor.")] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            help="An index's folder, or a folder of code to index; adapts the model to it."
        ),
    ] = None,
    lines: Annotated[
        int | None,
        typer.Option(min=0, help="Lines to write, by default 1; 0: as many as it likes."),
    ] = None,
    block: Annotated[bool, typer.Option("--block", help="Write to the end of the block.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="As the model writes it, not verified.")
    ] = False,
    beams: Annotated[
        int | None, typer.Option(min=2, help="Search so wide for the likeliest answer as a whole.")
    ] = None,
    best_of: Annotated[
        int | None, typer.Option(min=2, help="Sample so many answers, show the best that parses.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="A JSON schema that the answer must fit.")
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Most tokens to write.")] = 64,
    prompt_tokens: Annotated[int | None, typer.Option(help="Most tokens to read.")] = None,
    context: Annotated[
        int, typer.Option(min=0, help="Most tokens of other files to show the model.")
    ] = 0,
    deadline: Annotated[float | None, typer.Option(help="Milliseconds until it must end.")] = None,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.")] = 0.0,
    top_k: Annotated[int | None, typer.Option(help="Only the k likeliest.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Only the likeliest of mass p.")] = None,
    min_p: Annotated[float | None, typer.Option(help="Only p times the likeliest.")] = None,
    repetition_penalty: Annotated[float | None, typer.Option(help="Above 1 repeats less.")] = None,
    stop: Annotated[list[str] | None, typer.Option(help="End before this text.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.")] = 0,
    path: Annotated[
        str, typer.Option(help="Path to tell the model; default: FILE in its repository.")
    ] = "",
    repository: Annotated[str, typer.Option(help="Repository to tell the model.")] = "",
    adapter: Annotated[
        Path | None, typer.Option(help="An adapter's folder, as 'tune' printed it.")
    ] = None,
    engine: Annotated[EngineKind, typer.Option(help="What computes.")] = "auto",
    weights: Annotated[Weights, typer.Option(help="How exact the weights are.")] = "auto",
    server: Annotated[
        str | None, typer.Option(help="A server's address, whose model answers instead.")
    ] = None,
    server_model: Annotated[str | None, typer.Option(help="Which model of the server.")] = None,
    template: Annotated[
        str | None, typer.Option(help="How the server's model is prompted.")
    ] = None,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Write what comes next at a place of a file, or between two texts; only what parses is shown."""
    from codekiln.apps.gathered import gathered
    from codekiln.generate import CompletionRequest

    request = CompletionRequest(
        "",
        path=path,
        repository=repository,
        max_tokens=max_tokens,
        max_prompt_tokens=prompt_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        stop=tuple(stop or ()),
        seed=seed,
        lines=1 if lines is None and not block else lines or None,
        block=block,
        beams=beams,
        best_of=best_of,
        json_schema=_text_of(schema) if schema else None,
        deadline_ms=deadline,
        adapter=ADAPTER if adapter else "",
    )
    request = _at(request, file, line, column, prefix_file, suffix_file)
    opened = opened_index(index, model, work) if index else nullcontext()
    with (
        progress_bars(),
        opened as found,
        _completer(
            model, found, adapter, engine, weights, server, server_model, template
        ) as completer,
    ):
        shown = gathered(request, file, model, found, context) if context else None
        request = dataclasses.replace(request, context=shown.text if shown else "")
        if raw and not as_json:
            _stream(completer, request)
        else:
            _suggest(completer, request, found, shown, as_json)


def _at(
    request: "CompletionRequest",
    file: Path | None,
    line: int | None,
    column: int | None,
    prefix_file: Path | None,
    suffix_file: Path | None,
) -> "CompletionRequest":
    """The request at a place of a file, or between two texts."""
    from codekiln.apps.complete import path_in_project, read_source, request_at

    if file is not None:
        if line is None or prefix_file or suffix_file:
            raise UsageError("With a FILE give --line, and no --prefix-file or --suffix-file.")
        told = request.path or path_in_project(file)
        return request_at(read_source(file), line, column, path=told, settings=request)
    if line is not None or column is not None:
        raise UsageError("--line and --column need a FILE.")
    prefix = read_source(prefix_file) if prefix_file else _standard_input()
    suffix = read_source(suffix_file) if suffix_file else ""
    language = language_of(request.path) if request.path else None
    return dataclasses.replace(
        request, prefix=prefix, suffix=suffix, language=language.name if language else ""
    )


@contextmanager
def _completer(
    model: Path,
    index: "Index | None",
    adapter: Path | None,
    engine: EngineKind,
    weights: Weights,
    server: str | None,
    server_model: str | None,
    template: str | None,
) -> "Iterator[Completer]":
    if server is None:
        if server_model or template:
            raise UsageError(
                "--server-model and --template say how a --server is asked: give its address."
            )
        from codekiln.generate.loading import load_completer

        adapters = {ADAPTER: adapter} if adapter else {}
        yield load_completer(model, index=index, kind=engine, weights=weights, adapters=adapters)
        return
    if engine != "auto" or weights != "auto":
        raise UsageError(
            "--engine and --weights are for a model of this machine: leave them out with --server."
        )
    from codekiln.generate.servers import open_server

    with open_server(server, server_model, template=template) as completer:
        yield completer


def _stream(completer: "Completer", request: "CompletionRequest") -> None:
    for chunk in completer.complete(request):
        sys.stdout.write(chunk.text)
        sys.stdout.flush()
    sys.stdout.write("\n")


def _suggest(
    completer: "Completer",
    request: "CompletionRequest",
    index: "Index | None",
    context: "Context | None",
    as_json: bool,
) -> None:
    from codekiln.apps.suggest import suggest

    found = suggest(completer, request, index=index)
    if as_json:
        print_json({**_plain(found), "context": _reasons(context)})
        return
    print(found.text)
    if found.verified.state != "verified":
        label = "unverified" if found.text else "nothing to show"
        errors.print(f"[dim]{label}: {REASONS[found.verified.reason]}[/]")
    for passage in found.passages:
        errors.print(f"[dim]{passage_line(passage)}[/]", soft_wrap=True)


def _reasons(context: "Context | None") -> dict[str, Any] | None:
    """What of other files the model was shown, and why; and what not, and why not."""
    if context is None:
        return None
    return {
        "pieces": [dataclasses.asdict(piece) for piece in context.pieces],
        "dropped": [dataclasses.asdict(dropped) for dropped in context.dropped],
    }


def _plain(found: "Suggestion") -> dict[str, Any]:
    written = dataclasses.asdict(found.completion)
    return {
        "text": found.text,
        "state": found.verified.state,
        "reason": found.verified.reason,
        "written": written.pop("text"),
        **written,
        "passages": [
            passage_as_json(found.before + found.text, passage) for passage in found.passages
        ],
        "verify_ms": found.verify_ms,
        "trace_ms": found.trace_ms,
    }


def _text_of(path: Path) -> str:
    from codekiln.apps.complete import read_source

    return read_source(path)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("The text on stdin is not UTF-8: convert it, say with iconv.") from None
