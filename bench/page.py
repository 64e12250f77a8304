"""The page of all benchmarks, `docs/benchmarks.md`: a section each, renewed when one is run."""

import datetime
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Every figure has a peer beside it, measured in the same run on the same machine, because the speed of
a machine drifts: read the ratios. `make bench` runs all of them and rewrites this page;
`python -m bench NAME` renews one section.
"""

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]


def show(name: str, tables: Tables) -> None:
    """Print the tables of one benchmark."""
    for title, rows in tables.items():
        print(f"\n{name}: {title}")
        for row in rows:
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def renew(name: str, about: str, tables: Tables, order: Sequence[str]) -> None:
    """Write one section anew; the others stay, in the order of `order`."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sections = {
        part.partition("\n")[0]: part.strip() for part in re.split(r"^## ", text, flags=re.M)[1:]
    }
    sections[name] = _section(name, about, tables)
    body = "".join(f"\n## {sections[known]}\n" for known in order if known in sections)
    PAGE.write_text(HEAD + body, encoding="utf-8")


def _section(name: str, about: str, tables: Tables) -> str:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    made = f"`python -m bench {name}`, {datetime.date.today()}, {machine}"
    parts = [name, about.strip(), made]
    for title, rows in tables.items():
        parts += [f"**{title}**", _table(rows)]
    return "\n\n".join(parts)


def _table(rows: Sequence[Row]) -> str:
    """A table of Markdown; a row may lack what others have."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[row.get(column, "") for column in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
