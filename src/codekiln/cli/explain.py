"""`codekiln explain`: the six steps of one answer, in the terminal, as JSON or as a page."""

import dataclasses
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from codekiln.cli.complete_options import Engine, Known, MaxTokens, ToldPath, Weights
from codekiln.cli.options import Json, Model, Work
from codekiln.cli.passages import opened_index
from codekiln.cli.terminal import output, print_json, printable, progress_bars
from codekiln.errors import UsageError

if TYPE_CHECKING:
    from codekiln.apps.explain import Explanation
    from codekiln.apps.explain.facts import BeamTree, Token

SHOWN = 3  # alternatives in the terminal


def explain(
    text: Annotated[str, typer.Argument(help="The text before the cursor, such as 'def fib(n):'.")],
    html: Annotated[Path | None, typer.Option(help="Write it as a page, one file.")] = None,
    model: Model = Path("starter"),
    index: Known = None,
    suffix: Annotated[str, typer.Option(help="The text after the cursor.")] = "",
    language: Annotated[str, typer.Option(help="The language to tell the model.")] = "python",
    path: ToldPath = "",
    max_tokens: MaxTokens = 48,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.")] = 0,
    beams: Annotated[int, typer.Option(min=0, max=16, help="Width of the search; 0: none.")] = 4,
    engine: Engine = "auto",
    weights: Weights = "auto",
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Show how a model came to what it writes: tokens, ids, probabilities, search, attention, origin."""
    from codekiln.apps.explain import Recorder, beam_tree, explained, told
    from codekiln.apps.suggest import suggest
    from codekiln.generate import CompletionRequest
    from codekiln.generate.loading import load_completer
    from codekiln.languages import languages

    if language and language not in languages():
        raise UsageError(f"'{language}' is no language that we know: 'python' is one, or ''.")
    request = CompletionRequest(
        text.replace("\\n", "\n"),
        suffix.replace("\\n", "\n"),
        path=path,
        language=language,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        block=True,
    )
    with progress_bars(), opened_index(index, model, work) if index else nullcontext() as known:
        completer = load_completer(model, index=known, kind=engine, weights=weights)
        recorder = Recorder(completer.tokenizer)
        found = suggest(completer, dataclasses.replace(request, witness=recorder), index=known)
        facts = explained(recorder, request, found)
        tree = None
        if beams:
            plain = dataclasses.replace(request, temperature=0.0)
            tree = beam_tree(completer, completer.tokenizer, plain, beams)
        whole = told(str(model), completer.engine, model, facts, tree)
    if html:
        from codekiln.serve.web.page import write_explain_page

        write_explain_page(whole, html)
    if as_json:
        print_json(whole)
    else:
        _print(facts, tree, html)


def _print(facts: "Explanation", tree: "BeamTree | None", html: Path | None) -> None:
    """The six steps in short."""
    _step(1, "text", repr(facts.prefix))
    _step(2, "tokens", " ".join(_shown(token) for token in facts.prompt))
    _step(3, "ids", " ".join(str(token.id) for token in facts.prompt))
    _step(4, "probabilities", "of each token the likeliest; the one that came is in bold")
    output.print(_table(facts))
    if tree:
        _step(5, "choice", f"the best of {tree.width} beams goes on with {tree.text!r}")
    _step(6, "text", f"{facts.shown!r}, {facts.state}")
    for passage in facts.passages:
        place = passage.places[0]
        where = f"{place.repository}/{place.path}:{place.line}, {place.licence}"
        output.print(f"  [dim]{_safe(repr(passage.text))} as in {_safe(where)}[/]", soft_wrap=True)
    if html:
        output.print(f"\nThe page with all of it: [bold]{_safe(str(html))}[/]", soft_wrap=True)


def _table(facts: "Explanation") -> Table:
    table = Table(box=None, padding=(0, 2), show_header=False)
    for one in facts.chosen:
        cells = [
            f"{'[bold]' if other.token.id == one.token.id else '[dim]'}{_safe(_shown(other.token))}"
            f" {other.probability:.1%}[/]"
            for other in one.alternatives[:SHOWN]
        ]
        voices = ", ".join(f"{voice.expert} {voice.share:.0%}" for voice in one.voices)
        table.add_row(_safe(_shown(one.token)), *cells, f"[dim]{voices}[/]")
    return table


def _step(number: int, name: str, text: str) -> None:
    output.print(f"[bold]{number} {name}[/]  {_safe(text)}", soft_wrap=True)


def _shown(token: "Token") -> str:
    return (
        token.text if token.kind == "control" else token.text.replace(" ", "·").replace("\n", "↵")
    )


def _safe(text: str) -> str:
    return escape(printable(text))
