"""`codekiln complete`: from its options to a request and a completer, and to what is shown."""

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from codekiln.cli import complete_options as option
from codekiln.cli.complete_summary import print_suggestion, suggestion_as_json
from codekiln.cli.options import Json, Model, Work
from codekiln.cli.passages import opened_index
from codekiln.cli.terminal import print_json, progress_bars
from codekiln.errors import UsageError
from codekiln.languages import language_of

if TYPE_CHECKING:
    from codekiln.generate import Completer, CompletionRequest
    from codekiln.index import Index

ADAPTER = "chosen"  # the only one that is loaded


def complete(
    model: Model = Path("starter"),
    file: option.File = None,
    line: option.Line = None,
    column: option.Column = None,
    prefix_file: option.PrefixFile = None,
    suffix_file: option.SuffixFile = None,
    index: option.Known = None,
    lines: option.Lines = None,
    block: option.Block = False,
    raw: option.Raw = False,
    beams: option.Beams = None,
    best_of: option.BestOf = None,
    schema: option.Schema = None,
    max_tokens: option.MaxTokens = 64,
    prompt_tokens: option.PromptTokens = None,
    context: option.ContextTokens = 0,
    deadline: option.Deadline = None,
    temperature: option.Temperature = 0.0,
    top_k: option.TopK = None,
    top_p: option.TopP = None,
    min_p: option.MinP = None,
    repetition_penalty: option.RepetitionPenalty = None,
    stop: option.Stop = None,
    seed: option.Seed = 0,
    path: option.ToldPath = "",
    repository: option.Repository = "",
    adapter: option.Adapter = None,
    engine: option.Engine = "auto",
    weights: option.Weights = "auto",
    server: option.Server = None,
    server_model: option.ServerModel = None,
    template: option.ServerTemplate = None,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Write what comes next at a place of a file, or between two texts; only what parses is shown."""
    from codekiln.apps.complete import read_source
    from codekiln.apps.gathered import gathered
    from codekiln.apps.suggest import suggest
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
        lines=1 if lines is None and not (block or schema) else lines or None,
        block=block,
        beams=beams,
        best_of=best_of,
        json_schema=read_source(schema) if schema else None,
        deadline_ms=deadline,
        adapter=ADAPTER if adapter else "",
    )
    request = _placed(request, file, line, column, prefix_file, suffix_file)
    opened = opened_index(index, model, work) if index else nullcontext()
    with (
        progress_bars(),
        opened as known,
        _completer(
            model,
            known,
            adapter,
            engine,
            weights,
            server,
            server_model,
            template,
        ) as completer,
    ):
        shown = gathered(request, file, model, known, context) if context else None
        request = dataclasses.replace(request, context=shown.text if shown else "")
        if raw and not as_json:
            _stream(completer, request)
            return
        found = suggest(completer, request, index=known)
    if as_json:
        print_json(suggestion_as_json(found, shown))
    else:
        print_suggestion(found)


def _placed(
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
    engine: option.Engine,
    weights: option.Weights,
    server: str | None,
    server_model: str | None,
    template: str | None,
) -> "Iterator[Completer]":
    """A model of this machine, or that of a server."""
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


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("The text on stdin is not UTF-8: convert it, say with iconv.") from None
