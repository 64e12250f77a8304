"""What `codekiln run` says of an encoder: each figure beside one that needs no model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from codekiln.artifact import Artifact
from codekiln.cli.terminal import output


def run_as_json(made: Mapping[str, Artifact]) -> dict[str, Any]:
    """Where each artifact is, and what each stage counted."""
    return {
        "artifacts": {stage: str(artifact.path) for stage, artifact in made.items()},
        "statistics": {stage: artifact.statistics for stage, artifact in made.items()},
    }


def print_run(made: Mapping[str, Artifact], _recipe: Path) -> None:
    """Guesses and retrieval on held-out repositories, and the encoder's folder."""
    found = made["encoder_evaluation"].statistics
    output.print(_guesses(found))
    output.print(_retrieval(found["retrieval"]))
    for name in ("model", "encoder"):
        counts = made[name].statistics
        output.print(f"{name}: {counts['tokens']:,} tokens in {counts['seconds']:.0f} s")
    output.print("\n[bold]The encoder[/]")
    output.print(f"  {made['encoder'].path}", markup=False, soft_wrap=True, style="cyan")


def _guesses(found: Mapping[str, Any]) -> Table:
    masked, pairs = found["masked"], found["next_segment"]
    table = Table(title="Guessed rightly in held-out repositories")
    for column in ("what", "this model", "without a model"):
        table.add_column(column, justify="left" if column == "what" else "right")
    rows = (
        ("a masked token", masked["accuracy"], masked["unigram"], "the commonest token"),
        ("a masked word", masked["whole_tokens"], masked["unigram"], "the commonest token"),
        ("the next segment", pairs["accuracy"], pairs["overlap"], "shared words"),
    )
    for what, ours, other, name in rows:
        table.add_row(what, f"{ours:.1%}", f"{name} {other:.1%}")
    return table


def _retrieval(languages: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title="Mean reciprocal rank of a function by its documentation")
    table.add_column("language")
    for column in ("functions", "this encoder", "before it", "BM25", "chance"):
        table.add_column(column, justify="right")
    for language, ranks in languages.items():
        figures = (f"{ranks[name]:.3f}" for name in ("encoder", "before", "bm25", "chance"))
        table.add_row(language, f"{ranks['functions']:,}", *figures)
    return table
