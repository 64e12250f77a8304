"""`codekiln try`: what it says at the end of its minute."""

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from codekiln.cli.options import Json, Model
from codekiln.cli.terminal import output, print_json, printable, progress_bars

if TYPE_CHECKING:
    from codekiln.apps.trial import Exact, Trial
    from codekiln.index import Place

EXAMPLES = 3


def try_(
    folder: Annotated[
        Path, typer.Argument(help="A folder of code, best a git repository.")
    ] = Path(),
    model: Model = Path("starter"),
    seconds: Annotated[float, typer.Option(min=5, help="How long it may take.")] = 60,
    commits: Annotated[int, typer.Option(min=1, help="The last commits to replay.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is hidden or drawn.")] = 0,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Show each line that the index had and knows from somewhere, not just some.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """See in a minute what codekiln would have completed of your own last commits; trains nothing."""
    begun = time.monotonic()
    from codekiln.apps.trial import try_folder

    with progress_bars():
        found = try_folder(folder, model, commits=commits, seconds=seconds, seed=seed, begun=begun)
    if as_json:
        print_json(_plain(found))
    else:
        _print(found, every)


def _print(found: "Trial", every: bool) -> None:
    alone, indexed = (_count(found, name) for name in ("model", "index"))
    lines = "line" if found.lines == 1 else "lines"
    output.print(
        f"\n[bold]{indexed} of {found.lines:,} {lines}[/] {_where(found)} would have been there "
        f"[bold]before you typed a letter[/] ({indexed / found.lines:.0%}).",
        soft_wrap=True,
    )
    output.print(f"The model alone: {alone}. {_verdict(found, alone, indexed)}", soft_wrap=True)
    saved = [found.row(name).figures["keys saved"].value for name in ("index", "model")]
    output.print(
        f"Keys saved over all of them: {saved[0]:.0%} with the index, {saved[1]:.0%} without.",
        soft_wrap=True,
    )
    known = _known(found)
    shown = known if every else known[:EXAMPLES]
    for example in shown:
        _print_example(example)
    if len(known) > len(shown):
        output.print(f"\n[dim]{len(known) - len(shown)} more: add --all[/]")
    wait = found.row("index").percentiles["milliseconds"][0]
    output.print(
        f"\n[dim]{found.indexed_files:,} files indexed and {found.lines:,} of {found.added:,} lines typed "
        f"anew in {found.seconds:.0f} s, half of the answers within {wait:.0f} ms. Nothing was trained, "
        "and nothing left this machine.[/]",
        soft_wrap=True,
    )


def _where(found: "Trial") -> str:
    if found.kind == "hidden lines":
        return "that were hidden (there is no history to replay)"
    return f"of your last {found.commits} commits" if found.commits > 1 else "of your last commit"


def _count(found: "Trial", name: str) -> int:
    return round(found.row(name).figures["exact lines"].value * found.lines)


def _verdict(found: "Trial", alone: int, indexed: int) -> str:
    if found.is_better:
        times = f"{indexed / alone:.1f} times as many" if alone else "so many more"
        return f"[green]With the index of your code: {times}.[/]"
    if found.gain.paired.is_less:
        return "[yellow]With the index of your code it is fewer: here it does harm.[/]"
    return "[yellow]With the index of your code there is no gain beyond chance.[/]"


def _known(found: "Trial") -> "list[Exact]":
    """Lines that the index had, first of a file each, and first long ones that the model had not."""
    known = {one.text: one for one in found.exact if "index" in one.by and one.source}
    order = sorted(known.values(), key=lambda one: ("model" in one.by, -len(one.text)))
    firsts = {one.path: one for one in reversed(order)}.values()
    return sorted(order, key=lambda one: one not in firsts)


def _print_example(example: "Exact") -> None:
    assert example.source
    at = f" in {example.revision[:8]}" if example.revision else ""
    output.print(f"\n[bold]{escape(printable(example.path))}:{example.line}[/]{at}", soft_wrap=True)
    output.print(f"  │ [green]{escape(printable(example.text))}[/]", soft_wrap=True)
    output.print(f"  [dim]known from {escape(printable(_name(example.source)))}[/]", soft_wrap=True)


def _name(place: "Place") -> str:
    return f"{place.origin.path}:{place.line}"


def _plain(found: "Trial") -> dict[str, Any]:
    from codekiln.evaluate.results import plain

    exact = [
        {**dataclasses.asdict(one), "source": _name(one.source) if one.source else None}
        for one in found.exact
    ]
    return {
        **{
            name: getattr(found, name)
            for name in ("repository", "kind", "commits", "lines", "added")
        },
        "indexed_files": found.indexed_files,
        "seconds": found.seconds,
        "is_better": found.is_better,
        "gain": plain(found.gain),
        "table": [plain(row) for row in found.rows],
        "exact": exact,
    }
