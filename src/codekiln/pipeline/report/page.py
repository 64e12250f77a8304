"""The page: what its tables and cards say, and the template they are set in.

Everything that came out of a source file goes through `visible` and the template's escaping.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from codekiln.artifact import Artifact
from codekiln.pipeline.report.heatmap import visible

BEFORE_LINES, AFTER_LINES = 8, 4
TELLING = 5  # files shown at either end
SCORES = {
    "model": "this model",
    "five_gram": "5-gram of the same tokens",
    "xz_given_training": "xz -9, given the training bytes",
    "xz": "xz -9 alone",
}


@dataclass(frozen=True)
class Score:
    """Bits per byte under one predictor."""

    name: str
    bits_per_byte: float
    ours: bool


@dataclass(frozen=True)
class Card:
    """One completion beside what the author wrote there."""

    place: str
    before: str
    completion: str
    indexed: str
    sources: tuple[Mapping[str, Any], ...]
    written: str
    after: str
    equal: bool
    indexed_equal: bool
    note: str


@dataclass(frozen=True)
class Made:
    """What one stage was told, and what came out of it."""

    stage: str
    name: str
    fingerprint: str
    settings: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]


def score_rows(bits_per_byte: Mapping[str, float]) -> list[Score]:
    """The model first, then what it is measured against."""
    return [Score(label, bits_per_byte[key], key == "model") for key, label in SCORES.items()]


def headline(
    scores: Mapping[str, Any], tokenizer: Mapping[str, Any], model: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """The figures at the head of the page, as (what, how much)."""
    speed = model["tokens"] / model["seconds"] if model["seconds"] else 0.0
    return [
        ("bits per byte, held out", f"{scores['bits_per_byte']['model']:.3f}"),
        ("parameters", f"{model['parameters']:,}"),
        ("tokens seen", f"{model['tokens']:,}"),
        ("epochs", f"{model['epochs']:g}"),
        ("training time", duration(model["seconds"])),
        ("tokens a second", f"{speed:,.0f}"),
        ("vocabulary", f"{tokenizer['vocabulary']:,}"),
        ("held-out bytes a token", f"{tokenizer['held_out_bytes_per_token']:.2f}"),
    ]


def telling_files(files: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The held-out files from the easiest to the hardest; of many, those at either end."""
    ordered = sorted(files, key=lambda file: (file["bits_per_byte"], file["path"]))
    return ordered if len(ordered) <= 2 * TELLING else ordered[:TELLING] + ordered[-TELLING:]


def held_out_groups(split: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The groups that no training saw, with their bytes."""
    return [(name, split["groups"][name]) for name in split["held_out"]]


def card(entry: Mapping[str, Any]) -> Card:
    """One entry of `completions.json`, its context cut to what a reader takes in."""
    note = f"ended by: {entry['finish_reason']}"
    if entry["mean_logprob"] is not None:
        note += f"; geometric mean probability of a token {math.exp(entry['mean_logprob']):.2f}"
    return Card(
        place=f"{entry['path']}:{entry['line']}:{entry['column']}",
        before="".join(entry["before"].splitlines(keepends=True)[-BEFORE_LINES:]),
        completion=entry["completion"],
        indexed=entry["indexed"],
        sources=tuple(entry["sources"]),
        written=entry["written"],
        # In a box of its own, the line end right after the completion goes without saying.
        after="".join(
            entry["after"].removeprefix("\n").splitlines(keepends=True)[:AFTER_LINES]
        ).removesuffix("\n"),
        equal=entry["completion"] == entry["written"],
        indexed_equal=entry["indexed"] == entry["written"],
        note=note,
    )


def made(stage: str, artifact: Artifact) -> Made:
    """The settings, fingerprint and environment of an artifact."""
    manifest = artifact.manifest
    return Made(
        stage,
        str(manifest["name"]),
        artifact.fingerprint,
        tuple((key, _plain(value)) for key, value in manifest["config"].items()),
        tuple((key, str(value)) for key, value in manifest["environment"].items()),
    )


def duration(seconds: float) -> str:
    """A length of time as people say it.

    >>> duration(59.6), duration(61), duration(7384)
    ('59.6 s', '1 min 1 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """A number of bytes in decimal units.

    >>> size(999), size(12_345_678)
    ('999 B', '12.3 MB')
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def render(template: str = "template.html", **content: Any) -> str:
    """The whole page; the keywords are what the template names."""
    return _template(template).render(style=Markup(_resource("style.css")), **content)


@functools.cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(_resource),
    )
    environment.filters.update(visible=visible, size=size)
    return environment.get_template(name)


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
