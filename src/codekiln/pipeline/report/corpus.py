"""The page about a corpus: what came in, what stayed and why the rest did not, with samples.

Bars are plain boxes of HTML, so this page needs no plotting library.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, write_atomically
from codekiln.corpus import document_sizes, reasons, samples
from codekiln.errors import UsageError
from codekiln.pipeline.report.page import made, render, size

SAMPLES = 4  # files shown for each reason
HEAD = 14  # lines of each
PAIR = 24  # lines of each of two copies
LANGUAGES = 20
ROWS = 16  # bars of a chart before the rest is summed up
REASONS = 5  # of a language's funnel; the rest is summed up


@dataclass(frozen=True)
class Bar:
    """One bar of a chart; `share` is of the longest, in percent."""

    name: str
    text: str
    share: float


@dataclass(frozen=True)
class Funnel:
    """What became of one language's files: the parts add up to all that were seen."""

    language: str
    seen: int
    kept: int
    bytes: int
    lost: list[tuple[str, int]]


def write_corpus_report(corpus: Artifact, path: Path) -> None:
    """Write the page.

    Raises:
        UsageError: nothing can be written there.
    """
    figures = corpus.statistics
    lost = reasons(corpus)
    content = render(
        "corpus.html",
        name=str(corpus.manifest["name"]),
        figures=_headline(figures),
        reasons=_counted({"kept": figures["kept"], **lost}),
        funnels=_funnels(figures),
        sizes=_histogram(document_sizes(corpus)),
        licences=_weighed(figures["licences"]),
        found=_weighed(figures["licences_from"]),
        domains=_weighed(figures["domains"]),
        redacted=_counted(figures["redacted"]),
        sources=sorted(figures["sources"].items(), key=lambda item: -item[1]["bytes"]),
        samples=samples(corpus, [reason for reason, _ in _sorted(lost)], SAMPLES),
        head=HEAD,
        pair_lines=PAIR,
        made=made("corpus", corpus),
    )
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}): give another place with --out."
        ) from None


def _headline(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    held = figures["splits"]["held_out"]
    return [
        ("files kept", f"{figures['kept']:,}"),
        ("files seen", f"{figures['seen']:,}"),
        ("kept", size(figures["bytes"])),
        ("sources", f"{len(figures['sources']):,}"),
        ("languages", f"{len(figures['languages']):,}"),
        ("licences", f"{len(figures['licences']):,}"),
        (f"held out, in {held['files']:,} files", size(held["bytes"])),
        ("placeholders put in", f"{sum(figures['redacted'].values()):,}"),
    ]


def _funnels(figures: Mapping[str, Any]) -> list[Funnel]:
    """The languages with the most files; files of no language count as "other files"."""
    rows = sorted(figures["funnel"].items(), key=lambda item: -sum(item[1].values()))
    funnels = []
    for language, counts in rows[:LANGUAGES]:
        lost = _sorted({reason: count for reason, count in counts.items() if reason != "kept"})
        rest = sum(count for _, count in lost[REASONS:])
        kept = counts.get("kept", 0)
        size_kept = figures["languages"].get(language, {}).get("bytes", 0)
        shown = lost[:REASONS] + ([("other reasons", rest)] if rest else [])
        funnels.append(
            Funnel(language or "other files", sum(counts.values()), kept, size_kept, shown)
        )
    return funnels


def _histogram(sizes: Mapping[int, int]) -> list[Bar]:
    """Documents by the power of two that their bytes do not reach."""
    if not sizes:
        return []
    powers = range(min(sizes), max(sizes) + 1)
    return _bars([(f"under {size(2**power)}", sizes.get(power, 0)) for power in powers])


def _counted(counts: Mapping[str, int]) -> list[Bar]:
    return _bars(_sorted(counts))


def _weighed(sizes: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """Bars by bytes, with the number of files; the lightest are summed up."""
    rows = _sorted({name: entry["bytes"] for name, entry in sizes.items()})
    most = max((weight for _, weight in rows), default=1)
    bars = [
        Bar(name or "not said", _amount(weight, sizes[name]["files"]), 100 * weight / most)
        for name, weight in rows[:ROWS]
    ]
    if rows[ROWS:]:
        weight = sum(weight for _, weight in rows[ROWS:])
        files = sum(sizes[name]["files"] for name, _ in rows[ROWS:])
        bars.append(Bar(f"{len(rows) - ROWS} more", _amount(weight, files), 100 * weight / most))
    return bars


def _amount(weight: int, files: int) -> str:
    return f"{size(weight)} in {files:,}"


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """A bar for each count, in their order."""
    return _bars(list(counts.items()))


def _bars(rows: list[tuple[str, int]]) -> list[Bar]:
    most = max((count for _, count in rows), default=1) or 1
    return [Bar(name, f"{count:,}", 100 * count / most) for name, count in rows]


def _sorted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in Counter(counts).most_common() if count]
