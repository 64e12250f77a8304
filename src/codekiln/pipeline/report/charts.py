"""The charts, as SVG that stands inside the page and takes its colours from the page's style.

Matplotlib draws them without any window. It knows no CSS, so it is given marker colours, which
become variables of `style.css` afterwards: a chart is right on a light page, a dark one and paper.
"""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from codekiln.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from codekiln.pipeline.report.page import Score

INK, FAINT, ACCENT, SECOND, MUTED = "#000001", "#000002", "#000003", "#000004", "#000005"
VARIABLES = {INK: "ink", FAINT: "line", ACCENT: "accent", SECOND: "second", MUTED: "muted"}
RUNS = [f"#00001{number}" for number in range(8)]  # colours that only the page of several runs has
VARIABLES |= {color: f"run-{number}" for number, color in enumerate(RUNS)}
SETTINGS: dict[Any, Any] = {
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": FAINT,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so the layout is the same anywhere
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "codekiln",
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
}
WIDTH = 4.8  # inches; a chart is set at most twice this, so its letters stay like the page's
POINTS = 300  # drawn at most of a curve
SMOOTHING = 50  # the smoothed curve averages over one part in this many of the run


@dataclass(frozen=True)
class LossCharts:
    """The loss against tokens and against time, and over how many steps each point is a mean."""

    by_tokens: Markup
    by_time: Markup
    window: int
    last: float
    last_held_out: float | None


def require_matplotlib() -> None:
    """Raise the install line unless matplotlib can be imported."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingExtraError("train", "The report's charts") from None


def score_chart(scores: "Sequence[Score]") -> Markup:
    """One bar for each predictor; shorter is better."""
    label = "Bits per byte: " + _listed((row.name, f"{row.bits_per_byte:.3f}") for row in scores)
    with drawing("scores", label, height=0.42 * len(scores) + 0.7) as (axes, drawn):
        values = [row.bits_per_byte for row in scores]
        colors = [ACCENT if row.ours else MUTED for row in scores]
        bars = axes.barh(range(len(scores)), values, height=0.62, color=colors)
        axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=4)
        axes.set_xlim(0, 1.15 * max(values))
        axes.set_xlabel("bits per byte of held-out code (fewer is better)")
        _rows(axes, [row.name.replace(", ", ",\n") for row in scores])
    return drawn[0]


def funnel_chart(corpus: Mapping[str, Any]) -> Markup:
    """From the files seen, reason by reason, to those kept, and their two splits."""
    bars = _funnel(corpus)
    label = "Files: " + _listed((name, f"{width:,}") for name, _, width, _ in bars)
    with drawing("funnel", label, height=0.27 * len(bars) + 0.7) as (axes, drawn):
        for row, (_, left, width, color) in enumerate(bars):
            bar = axes.barh(row, width, left=left, height=0.66, color=color)
            axes.bar_label(bar, [f"{width:,}"], padding=4)
        axes.set_xlim(0, 1.16 * corpus["seen"])
        axes.set_xlabel("files")
        _rows(axes, [name for name, *_ in bars])
    return drawn[0]


def loss_charts(rows: Sequence[Mapping[str, Any]]) -> LossCharts | None:
    """Both panels from the rows of `metrics.jsonl` that have a loss; None if there are none."""
    held_out = [row for row in rows if is_number(row.get("held_out_loss"))]
    rows = [row for row in rows if is_number(row["loss"])]  # others were passed over
    if not rows:
        return None
    window = len(rows) // SMOOTHING | 1
    smooth = smoothed([row["loss"] for row in rows], window)
    minutes = rows[-1]["seconds"] >= 180
    per, unit = (60.0, "minutes") if minutes else (1.0, "seconds")
    return LossCharts(
        _loss_chart("tokens", rows, smooth, held_out, 1.0, "tokens seen"),
        _loss_chart("seconds", rows, smooth, held_out, per, f"{unit} of training"),
        window,
        smooth[-1],
        held_out[-1]["held_out_loss"] if held_out else None,
    )


def is_number(value: float | None) -> bool:
    """Whether a chart can show it: a step that was passed over may have none."""
    return value is not None and math.isfinite(value)


def smoothed(values: Sequence[float], window: int) -> list[float]:
    """Mean of the `window` values around each (odd; fewer at the ends), which does not lag behind.

    >>> smoothed([1.0, 2.0, 6.0], 3)
    [1.5, 3.0, 4.0]
    """
    sums = [0.0, *accumulate(values)]
    means = []
    for index in range(len(values)):
        low, high = max(0, index - window // 2), min(len(values), index + window // 2 + 1)
        means.append((sums[high] - sums[low]) / (high - low))
    return means


def _loss_chart(
    key: str,
    rows: Sequence[Mapping[str, Any]],
    smooth: Sequence[float],
    held_out: Sequence[Mapping[str, Any]],
    per: float,
    x_label: str,
) -> Markup:
    label = (
        f"Training loss against {x_label}: from {smooth[0]:.2f} to {smooth[-1]:.2f} nats a token"
    )
    if held_out:
        label += f"; held out at the end {held_out[-1]['held_out_loss']:.2f}"
    every = -(-len(rows) // POINTS)
    picked = sorted({*range(0, len(rows), every), len(rows) - 1})
    x = [rows[index][key] / per for index in picked]
    with drawing(f"loss-{key}", label, height=3.2) as (axes, drawn):
        rate = axes.twinx()
        rate.fill_between(x, [rows[i]["rate_scale"] for i in picked], color=MUTED, alpha=0.16, lw=0)
        rate.set(ylim=(0, 1), yticks=[])
        axes.set(zorder=rate.get_zorder() + 1, facecolor="none")
        losses = [rows[index]["loss"] for index in picked]
        axes.plot(x, losses, color=ACCENT, alpha=0.3, lw=0.7)
        axes.plot(x, [smooth[index] for index in picked], color=ACCENT, lw=1.6, label="training")
        if held_out:
            axes.plot(
                [row[key] / per for row in held_out],
                [row["held_out_loss"] for row in held_out],
                color=SECOND, ls="none", marker="o", ms=4.5, label="held out",
            )  # fmt: skip
        axes.fill_between([], [], color=MUTED, alpha=0.3, label="learning-rate scale, 0 to 1")
        axes.set(xlabel=x_label, ylabel="loss, nats a token", xlim=(0, None))
        axes.xaxis.set_major_formatter(thousands)
        axes.legend(loc="upper right")
    return drawn[0]


def _funnel(corpus: Mapping[str, Any]) -> list[tuple[str, int, int, str]]:
    """Bars as (name, left end, width, colour); what is left out is taken off at the right."""
    left = corpus["seen"]
    bars = [("seen", 0, left, INK)]
    for reason, count in sorted(corpus["rejected"].items(), key=lambda item: (-item[1], item[0])):
        left -= count
        bars.append((f"− {reason.replace('_', ' ')}", left, count, MUTED))
    bars.append(("kept", 0, corpus["kept"], ACCENT))
    train, held_out = corpus["splits"]["train"]["files"], corpus["splits"]["held_out"]["files"]
    return [*bars, ("train", 0, train, ACCENT), ("held out", train, held_out, SECOND)]


def _rows(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.spines.left.set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(thousands)
    axes.locator_params(axis="x", nbins=5)


def thousands(value: float, _: float) -> str:
    """A number on an axis."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if abs(value) >= 1e4 else f"{value:g}"


def _listed(pairs: Iterator[tuple[str, str]]) -> str:
    return "; ".join(f"{name} {value}" for name, value in pairs)


@contextmanager
def drawing(name: str, label: str, height: float) -> "Iterator[tuple[Axes, list[Markup]]]":
    """Axes to draw on; when the block ends, the list holds the finished chart."""
    require_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    drawn: list[Markup] = []
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever style the user has elsewhere
        matplotlib.rcParams.update(SETTINGS)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure.subplots(), drawn
        drawn.append(_inline(figure, name, label))


def _inline(figure: "Figure", name: str, label: str) -> Markup:
    """The figure as one `<svg>` element with its own ids, a label, and the page's colours."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for color, variable in VARIABLES.items():
        svg = svg.replace(color, f"var(--{variable})")
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1))
