"""`codekiln adapt`: what it found on the folder's own last changes, and how what it kept is used."""

import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from codekiln.cli.options import Json, Work
from codekiln.cli.terminal import output, print_json, progress_bars

ALL = "all added lines"
HEADS = ("lines completed exactly", "keys saved", "at 95 %", "half within")


def adapt(
    folder: Annotated[
        Path, typer.Argument(help="A folder of code, best a git repository.")
    ] = Path(),
    base: Annotated[
        Path | None, typer.Option(help="The model to adapt; default: 'starter'.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=1, help="Tune as well, all within so many minutes.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Go on from the last time: learn new commits only.")
    ] = False,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Make a model better at a folder of code, and prove it on the folder's own last changes."""
    begun = time.monotonic()
    from codekiln.pipeline.adapt import adapt as adapt_model

    with progress_bars():
        made = adapt_model(folder, base, work, minutes=minutes, update=update, begun=begun)
    found = made.statistics
    if as_json:
        print_json({"artifact": str(made.path), **found})
    else:
        _print(found, folder, work, time.monotonic() - begun)


def _print(found: Mapping[str, Any], folder: Path, work: Path, seconds: float) -> None:
    output.print(_table(found))
    gains = found["gains"]
    output.print(_verdict("The index of the folder", gains["index"]), soft_wrap=True)
    if "tuning" in gains:
        output.print(_verdict("Tuning", gains["tuning"]), soft_wrap=True)
    else:
        output.print(f"Not tuned: {escape(found['why_not_tuned'])}", soft_wrap=True)
    output.print(f"Kept: [bold]{found['kept']}[/], after {seconds:.0f} s. In your editor, or here:")
    for command in _commands(found, folder, work):
        output.print(f"  {command}", markup=False, soft_wrap=True, style="cyan")


def _commands(found: Mapping[str, Any], folder: Path, work: Path) -> list[str]:
    """A server for editors, an editor that starts one itself, and the command line."""
    model = _model(found)
    connect = [shlex.join(["codekiln", "connect", "EDITOR", *model])] if model else []
    return [_serve(found, folder, work), *connect, _complete(found, folder, work)]


def _serve(found: Mapping[str, Any], folder: Path, work: Path) -> str:
    known = ["--repo", str(folder)] if found["uses_index"] else []
    return shlex.join(["codekiln", "serve", *_model(found), *known, "--work", str(work)])


def _complete(found: Mapping[str, Any], folder: Path, work: Path) -> str:
    command = ["codekiln", "complete", *_model(found)]
    if found["uses_index"]:
        command += ["--index", str(folder), "--context", str(found["context"])]
    return shlex.join([*command, "--work", str(work)]) + " FILE --line N"


def _model(found: Mapping[str, Any]) -> list[str]:
    from codekiln.generate.loading import STARTER, model_folder

    is_starter = Path(found["model"]) == model_folder(Path(STARTER)).resolve()
    return [] if is_starter else ["--model", found["model"]]


def _table(found: Mapping[str, Any]) -> Table:
    commits = found["commits"]
    where = "of the last commit" if commits == 1 else f"of the last {commits} commits"
    if found["kind"] != "commits":
        where = "that were hidden, as there is no history"
    table = Table(title=f"{found['lines']} lines {where}, not learned", title_justify="left")
    table.add_column("")
    for head in HEADS:
        table.add_column(head, justify="right")
    for row in found["table"]:
        if row["stratum"] == ALL:
            table.add_row(*_cells(row), style="bold" if row["system"] == found["kept"] else None)
    return table


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    exact, keys = (row["figures"][name] for name in ("exact lines", "keys saved"))
    return (
        row["system"],
        f"{exact['value'] * row['items']:.0f}",
        f"{keys['value']:.1%}",
        f"{keys['low']:.1%} to {keys['high']:.1%}",
        f"{row['percentiles']['milliseconds'][0]:.0f} ms",
    )


def _verdict(what: str, gain: Mapping[str, Any]) -> str:
    value, low, high = (100 * number for number in gain["paired"]["difference"].values())
    amount = f"{value:+.1f} points of keys saved, {low:+.1f} to {high:+.1f} at 95 %"
    if gain["is_gain"]:
        return f"[green]{what} helps: {amount}.[/]"
    return f"[yellow]{what} did not help beyond chance, and is left out: {amount}.[/]"
