"""What the commands of `codekiln tokenizer` say on a terminal, and the same for `--json`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from codekiln.cli.terminal import output, printable
from codekiln.languages import LEXICAL_KINDS
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
                line_of = Text(GAP).join(getattr(cell, row) for cell in cells)
                line_of.rstrip()
                output.print(line_of, soft_wrap=True)
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


@dataclass(frozen=True)
class _Cell:
    """A token, its id and its kind, equally wide."""

    text: Text
    id: Text
    kind: Text


def _lines(found: Analysis) -> Iterator[list[_Cell]]:
    """The tokens as cells, up to one that ends a line."""
    line: list[_Cell] = []
    for token in found.tokens:
        line.append(_cell(found.content, token))
        if found.content[token.start : token.end].endswith(b"\n"):
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
