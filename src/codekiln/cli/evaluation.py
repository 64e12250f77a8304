"""`codekiln eval`: evaluations of a finished model, and results compared."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from codekiln.cli.options import Json, Model, Work
from codekiln.cli.terminal import output, print_json, progress_bars

if TYPE_CHECKING:
    from codekiln.artifact import Artifact
    from codekiln.evaluate.bootstrap import Estimate
    from codekiln.evaluate.results import Comparison, Row

app = typer.Typer(help="Measure a model, and compare what was measured.")


@app.command()
def replay(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER...", help="Repositories; with --from one source, the newer."
        ),
    ],
    older: Annotated[
        str | None,
        typer.Option(
            "--from", help="An older version, as recipes name sources: pypi:NAME==VERSION."
        ),
    ] = None,
    model: Model = Path("starter"),
    systems: Annotated[
        list[str] | None,
        typer.Option(
            "--system", help="model, open file, retrieved, mixed or index. May be repeated."
        ),
    ] = None,
    commits: Annotated[int, typer.Option(min=1, help="The last commits to replay.")] = 50,
    lines: Annotated[
        int | None, typer.Option(min=1, help="Of each repository, evenly spread; default: all.")
    ] = None,
    prompt_tokens: Annotated[int, typer.Option(min=64, help="Most tokens to read.")] = 1024,
    model_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="When the model's training ended."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is hidden or drawn.")] = 0,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Type the lines that were added to a repository anew: what would have been suggested?"""
    from codekiln.artifact import open_artifact, open_work
    from codekiln.evaluate.replay.stage import ReplayConfig, history_of, version_history
    from codekiln.evaluate.replay.stage import replay as replay_histories
    from codekiln.evaluate.replay.systems import system_names
    from codekiln.generate.loading import model_folder

    if older and len(targets) > 1:
        raise typer.BadParameter("with --from give one source, the newer version")
    config = ReplayConfig(
        commits=commits,
        lines=lines,
        prompt=prompt_tokens,
        systems=system_names(systems) if systems else ReplayConfig.systems,
        model_time=int(model_date.replace(tzinfo=UTC).timestamp()) if model_date else None,
        seed=seed,
    )
    open_work(work)
    if older:
        histories = [version_history(older, targets[0], work / "downloads")]
    else:
        histories = [history_of(Path(target), commits, seed) for target in targets]
    owner = open_artifact(model_folder(model), "model")
    with progress_bars():
        made = replay_histories(histories, owner, config, work)
    show_results(made, as_json)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Results, as an evaluation printed their folder.")],
    second: Annotated[Path, typer.Argument(help="Others of the same data, or the same folder.")],
    system: Annotated[
        str | None, typer.Option("--first", help="Which system of the first, if it has several.")
    ] = None,
    other: Annotated[
        str | None, typer.Option("--second", help="Which system of the second.")
    ] = None,
    by: Annotated[
        Literal["item", "run", "group"] | None,
        typer.Option(
            help="What is resampled: items (lines, programs), runs of them, or groups (files); default: "
            "the largest of which there are enough."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resampling.")] = 0,
    as_json: Json = False,
) -> None:
    """Say whether one system is better than another on the same items, and how sure that is."""
    from codekiln.evaluate.results import compare as compare_items
    from codekiln.evaluate.results import only_system, open_results, overlap, plain

    ours = only_system(open_results(first)[1], system, str(first))
    theirs = only_system(open_results(second)[1], other, str(second))
    found, shared = compare_items(ours, theirs, seed, by), overlap(ours, theirs)
    if as_json:
        print_json({"comparisons": [plain(one) for one in found], "items": shared._asdict()})
        return
    output.print(_comparisons(found))
    if shared.first or shared.second:
        output.print(
            f"  {shared.both:,} items are in both and compared; {shared.first:,} that only the first has "
            f"and {shared.second:,} that only the second has are left out",
            soft_wrap=True,
        )


def show_results(made: "Artifact", as_json: bool) -> None:
    """The results as a table, or as JSON."""
    if as_json:
        print_json({"artifact": str(made.path), "statistics": made.statistics})
        return
    from codekiln.evaluate.results import open_results, table

    facts = made.statistics
    _, items = open_results(made.path)
    rows = table(items, facts["seed"])
    commit = f", commit {facts['commit'][:8]}" if facts["commit"] else ""
    unsafe = ", without a sandbox" if facts.get("sandbox") == "unconfined" else ""
    output.print(results_table(f"{facts['evaluation']}: {facts['model']}{commit}{unsafe}", rows))
    output.print(f"  {made.path}", markup=False, soft_wrap=True, style="cyan")


def results_table(title: str, rows: "list[Row]") -> Table:
    """The one table of all evaluations: a column a system, in each stratum a line a figure."""
    drawn = " and ".join(dict.fromkeys(row.drawn_by for row in rows))
    shown = Table(
        title=escape(title),
        caption=f"in brackets intervals of 95 %, resampled by {drawn}",
        title_justify="left",
    )
    systems = list(dict.fromkeys(row.system for row in rows))
    for name in ("", *systems):
        shown.add_column(escape(name), justify="right" if name else "left")
    for stratum in dict.fromkeys(row.stratum for row in rows):
        found = {row.system: row for row in rows if row.stratum == stratum}
        shown.add_section()
        shown.add_row(f"[bold]{escape(stratum)}[/]", *(f"{found[s].items:,}" for s in systems))
        for name in dict.fromkeys(name for row in found.values() for name in row.figures):
            shown.add_row(name, *(_interval(found[s].figures.get(name)) for s in systems))
        for name in dict.fromkeys(name for row in found.values() for name in row.percentiles):
            shown.add_row(
                f"{name}, p50 and p95",
                *(
                    ", ".join(f"{x:.0f}" for x in found[s].percentiles.get(name, ()))
                    for s in systems
                ),
            )
    return shown


def _comparisons(found: "list[Comparison]") -> Table:
    by = " and ".join(dict.fromkeys(one.drawn_by for one in found))
    shown = Table(caption=f"in brackets intervals of 95 %, pairs resampled by {by}")
    for name in ("", "first", "second", "ratio", "by chance"):
        shown.add_column(name, justify="right" if name else "left")
    for stratum in dict.fromkeys(one.stratum for one in found):
        part = [one for one in found if one.stratum == stratum]
        shown.add_section()
        shown.add_row(f"[bold]{escape(stratum)}, {part[0].items:,}[/]")
        for one in part:
            shown.add_row(
                one.figure,
                f"{one.first:.3f}",
                f"{one.second:.3f}",
                _interval(one.paired.ratio),
                f"{one.paired.chance:.3f}",
                style="green" if one.paired.is_more else "red" if one.paired.is_less else "",
            )
    return shown


def _interval(found: "Estimate | None") -> str:
    if found is None or math.isnan(found.value):  # a system without it; nothing to divide by
        return "–"
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"
