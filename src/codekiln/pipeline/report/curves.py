"""The curves of several runs over the tokens they have seen, one chart for each thing measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from codekiln.pipeline.report.charts import (
    POINTS,
    RUNS,
    SMOOTHING,
    drawing,
    is_number,
    smoothed,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES = ("-", "--", ":")  # of the first eight runs, the second and the third
CUT = 0.95  # above this quantile of what is drawn a chart ends that begins with a spike

Rows = Sequence[Mapping[str, Any]]
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Curve:
    """What is drawn of each run: points (tokens, value)."""

    key: str
    title: str
    unit: str
    smooth: bool = False
    marked: bool = False
    from_zero: bool = True

    def points(self, rows: Rows) -> Points:
        """Steps that were passed over may have no value, and leave no point."""
        return [(row["tokens"], row[self.key]) for row in rows if is_number(row.get(self.key))]

    def values(self, line: Points) -> list[float]:
        """Those of a line, each the mean of its surroundings if the curve is smooth."""
        values = [y for _, y in line]
        return smoothed(values, len(values) // SMOOTHING | 1) if self.smooth else values


class Speed(Curve):
    """Tokens a second, over a stretch around each step rather than by the clock of a single one."""

    def points(self, rows: Rows) -> Points:
        """As `Curve.points`; a stretch of a clock that stands still leaves none."""
        reach = max(1, len(rows) // SMOOTHING)
        pairs = zip(rows, rows[reach:], strict=False)
        return [
            (after["tokens"], (after["tokens"] - before["tokens"]) / seconds)
            for before, after in pairs
            if (seconds := after["seconds"] - before["seconds"]) > 0
        ]


CURVES = (
    Curve("loss", "Training loss", "nats a token, smoothed", smooth=True, from_zero=False),
    Curve("held_out_loss", "Held-out loss", "nats a token", marked=True, from_zero=False),
    Curve("gradient_norm", "Gradient norm", "before clipping, smoothed", smooth=True),
    Curve("rate_scale", "Learning rate", "share of the full rate"),
    Speed("speed", "Speed", "tokens a second"),
)


def curves(runs: Sequence[tuple[str, Rows]]) -> list[tuple[str, Markup]]:
    """Titles and charts of runs, given by name; what no run has measured is left out.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    charts = []
    for curve in CURVES:
        lines = [curve.points(rows) for _, rows in runs]
        if any(lines):
            label = f"{curve.title}: " + "; ".join(_ends([name for name, _ in runs], lines))
            with drawing(curve.key.replace("_", "-"), label, height=2.7) as (axes, drawn):
                tops = [_draw(axes, curve, n, line) for n, line in enumerate(lines) if line]
                _frame(axes, curve, max(tops))
            charts.append((curve.title, drawn[0]))
    return charts


def _draw(axes: "Axes", curve: Curve, number: int, line: Points) -> float:
    """Gives the value up to which the line should be seen."""
    color, dash = style_of(number)
    values = curve.values(line)
    x, y = zip(*drawn(line, values), strict=True)
    axes.plot(x, y, color=color, ls=dash, lw=1.4, marker="o" if curve.marked else "", ms=3.5)
    return sorted(values)[int(CUT * (len(values) - 1))] if curve.smooth else max(values)


def _frame(axes: "Axes", curve: Curve, top: float) -> None:
    axes.set(xlabel="tokens seen", ylabel=curve.unit, xlim=(0, None))
    if curve.from_zero:
        axes.set_ylim(0, 1.08 * top or 1)
    elif curve.smooth:
        axes.set_ylim(None, 1.08 * top)
    axes.xaxis.set_major_formatter(thousands)
    axes.yaxis.set_major_formatter(thousands)
    axes.locator_params(nbins=5)
    axes.grid(axis="y", lw=0.5)


def drawn(line: Points, values: Sequence[float]) -> Points:
    """Points of a line, which is not empty, as many as can be told apart, with these values."""
    picked = sorted({*range(0, len(line), -(-len(line) // POINTS)), len(line) - 1})
    return [(line[place][0], values[place]) for place in picked]


def style_of(number: int) -> tuple[str, str]:
    """Colour and dashes of a run's line; both together come again after two dozen runs."""
    return RUNS[number % len(RUNS)], DASHES[number // len(RUNS) % len(DASHES)]


def _ends(names: Sequence[str], lines: Sequence[Points]) -> Iterator[str]:
    for name, line in zip(names, lines, strict=True):
        if line:
            yield f"{name} from {line[0][1]:.4g} to {line[-1][1]:.4g}"
