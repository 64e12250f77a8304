"""The page that compares vocabularies: bytes per token and tokens that cross a lexeme, by language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import Artifact, write_atomically
from codekiln.errors import UsageError
from codekiln.evaluate.tokenization import Fit, LanguageFit
from codekiln.pipeline.report.page import render
from codekiln.tokenizer.peers import OPENAI

YARDSTICK = "GPT-4"  # whose tokens ours are counted against


@dataclass(frozen=True)
class Cell:
    """One vocabulary on one language; `bar` is its share of the row's longest, in percent."""

    bytes_per_token: str
    more_tokens: str  # than the yardstick needs
    crossing: str
    bar: float
    ours: bool  # a folder that was given, and no package's


@dataclass(frozen=True)
class Row:
    """One language, or all of them."""

    language: str
    files: int
    bytes: int
    cells: tuple[Cell, ...]


def write_vocabulary_page(
    corpus: Artifact, sizes: Mapping[str, int], rows: Sequence[LanguageFit], path: Path
) -> None:
    """Write the page; `sizes` are the entries of each vocabulary.

    Raises:
        UsageError: nothing can be written there.
    """
    content = render(
        "vocabularies.html",
        name=str(corpus.manifest["name"]),
        sizes=sizes,
        yardstick=YARDSTICK,
        rows=[table_row(row) for row in [*rows, total(rows)]],
    )
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}): give another place with --out."
        ) from None


def total(rows: Sequence[LanguageFit]) -> LanguageFit:
    """All languages as one."""
    fits = {
        name: Fit(
            *(
                sum(getattr(row.fits[name], field) for row in rows)
                for field in ("bytes", "tokens", "in_lexemes", "crossing")
            )
        )
        for name in rows[0].fits
    }
    return LanguageFit("all", sum(row.files for row in rows), sum(row.bytes for row in rows), fits)


def table_row(row: LanguageFit) -> Row:
    """The figures of one language as they are written."""
    longest = max(fit.bytes_per_token for fit in row.fits.values())
    cells = tuple(
        Cell(
            f"{fit.bytes_per_token:.2f}",
            f"{fit.tokens / row.fits[YARDSTICK].tokens - 1:+.1%}" if name != YARDSTICK else "",
            "" if fit.crossing_share is None else f"{fit.crossing_share:.1%}",
            100 * fit.bytes_per_token / longest,
            name not in OPENAI.values(),
        )
        for name, fit in row.fits.items()
    )
    return Row(row.language, row.files, row.bytes, cells)
