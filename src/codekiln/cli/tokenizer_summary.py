"""What the commands of `codekiln tokenizer` say on a terminal, and the same for `--json`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from codekiln.cli.terminal import amount, output, printable
from codekiln.evaluate.tokenization import LanguageFit
from codekiln.languages import LEXICAL_KINDS
from codekiln.pipeline.report.vocabularies import YARDSTICK, table_row, total
from codekiln.tokenizer.lexical import Analysis, Token

STYLES = {
    "text": "",
    "whitespace": "dim",
    "keyword": "bold magenta",
    "identifier": "cyan",
    "literal": "green",
    "operator": "yellow",
    "punctuation": "dim",
    "comment": "italic bright_black",
}
SHORT = {kind: kind[:3] for kind in LEXICAL_KINDS}
GAP = "  "


def print_page(path: Path) -> None:
    """Where the page lies."""
    output.print(path.resolve().as_uri(), markup=False, soft_wrap=True, style="cyan")


def tokens_as_json(found: Analysis, file: Path, html: Path | None) -> dict[str, Any]:
    """Every token; `bytes` are hexadecimal, `text` may hold U+FFFD where a character is cut."""
    tokens = [
        {
            "id": token.id,
            "text": found.content[token.start : token.end].decode(errors="replace"),
            "bytes": found.content[token.start : token.end].hex(),
            "start": token.start,
            "kinds": list(token.kinds),
            "crosses": token.crosses,
        }
        for token in found.tokens
    ]
    return {
        "file": str(file),
        "language": found.language,
        "note": found.note,
        "bytes": len(found.content),
        "crossing": found.crossing,
        "tokens": tokens,
        **({"html": str(html)} if html else {}),
    }


def print_tokens(found: Analysis) -> None:
    """Three rows for each line: the tokens, under each its id, and under that its kind."""
    for line in _lines(found):
        for cells in _wrapped(line, output.width):
            for row in ("text", "id", "kind"):
                output.print(_row(cells, row), soft_wrap=True)
            output.print()
    count, size = len(found.tokens), len(found.content)
    legend = Text(GAP).join(Text(f"{SHORT[kind]} {kind}", STYLES[kind]) for kind in LEXICAL_KINDS)
    output.print(legend)
    output.print(
        f"{count:,} tokens, {size:,} bytes, {size / max(count, 1):.2f} bytes a token; "
        f"{found.crossing:,} ({found.crossing / max(count, 1):.1%}) cross a lexeme, as 'lit+pun' does"
    )
    if found.note:
        output.print(f"{found.note}, so every token is of kind text.", style="yellow", markup=False)


def comparison_as_json(
    sizes: Mapping[str, int], rows: Sequence[LanguageFit], out: Path | None
) -> dict[str, Any]:
    """The entries of each vocabulary, and its figures on each language."""
    return {
        "vocabularies": dict(sizes),
        "languages": {
            row.language: {
                "files": row.files,
                "bytes": row.bytes,
                "tokens": {name: fit.tokens for name, fit in row.fits.items()},
                "bytes_per_token": {
                    n: round(fit.bytes_per_token, 4) for n, fit in row.fits.items()
                },
                "crossing_share": {
                    name: fit.crossing_share and round(fit.crossing_share, 4)
                    for name, fit in row.fits.items()
                },
            }
            for row in rows
        },
        **({"report": str(out)} if out else {}),
    }


def print_comparison(
    sizes: Mapping[str, int], rows: Sequence[LanguageFit], out: Path | None
) -> None:
    """Two tables, and where the page lies."""
    written = [table_row(row) for row in [*rows, total(rows)]]
    for title, cell_of in (
        (
            f"bytes a token (more is better), and tokens more than {YARDSTICK} takes",
            lambda cell: f"{cell.more_tokens} [bold]{cell.bytes_per_token}[/]",
        ),
        ("share of the tokens that cross a lexeme", lambda cell: cell.crossing or "–"),
    ):
        table = Table(title=title, title_justify="left")
        table.add_column("language")
        table.add_column("size", justify="right")
        for name, size in sizes.items():
            table.add_column(f"{escape(name)}\n[dim]{size:,}[/]", justify="right")
        for row in written:
            table.add_row(row.language, amount(row.bytes, "bytes"), *map(cell_of, row.cells))
        output.print(table)
    if out:
        print_page(out)


@dataclass(frozen=True)
class _Cell:
    """A token, its id and its kind, equally wide."""

    text: Text
    id: Text
    kind: Text


def _row(cells: Sequence[_Cell], row: str) -> Text:
    text = Text(GAP).join(getattr(cell, row) for cell in cells)
    text.rstrip()
    return text


def _lines(found: Analysis) -> Iterator[list[_Cell]]:
    """The tokens as cells, up to one that has the end of a line."""
    line: list[_Cell] = []
    for token in found.tokens:
        line.append(_cell(found.content, token))
        if b"\n" in found.content[token.start : token.end]:
            yield line
            line = []
    if line:
        yield line


def _cell(content: bytes, token: Token) -> _Cell:
    text = Text()
    for start, end, kind in token.parts:
        text.append(_marked(content[start:end]), STYLES[kind])
    number, kinds = str(token.id), "+".join(SHORT[kind] for kind in token.kinds)
    width = min(max(text.cell_len, len(number), len(kinds)), output.width)
    text.truncate(width, overflow="ellipsis", pad=True)
    style = "red" if token.crosses else STYLES[token.kinds[0]]
    return _Cell(text, Text(number.ljust(width), "dim"), Text(kinds.ljust(width), style))


def _marked(piece: bytes) -> str:
    """Bytes as they can be printed, with marks for what has no width."""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return f"‹{piece.hex(' ')}›"
    marks = str.maketrans({" ": "·", "\t": "→", "\n": "↵", "\r": "␍"})
    return printable(text.translate(marks))


def _wrapped(cells: Sequence[_Cell], width: int) -> Iterator[list[_Cell]]:
    """The cells in rows that fit."""
    row: list[_Cell] = []
    taken = 0
    for cell in cells:
        if row and taken + cell.text.cell_len > width:
            yield row
            row, taken = [], 0
        row.append(cell)
        taken += cell.text.cell_len + len(GAP)
    if row:
        yield row
