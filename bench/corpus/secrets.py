"""Secrets planted in real code: how many we find, what we flag in clean code, how fast; and a peer.

`python -m bench.corpus.secrets` prints the tables. The peer is detect-secrets with all its plugins
and its default filters. It tells lines, so a line is all it has to find; of us the value is asked,
which must be gone from the text. Host code is the running Python's own library.
"""

import json
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.corpus.secret_formats import FORMATS, Format
from bench.corpus.secret_forms import FORMS, Form
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

from codekiln.corpus.secrets import redact

SEED, PLANTED_PER_KIND, HOST_LINES = 20250, 14, 50
PEER_CLEAN_BYTES = 1_500_000
PERSONAL = {"EMAIL", "IP"}  # in clean code these are found because they are there
PEER_PERSONAL = {"Public IP (ipv4)"}

Row = dict[str, str]


@dataclass(frozen=True)
class Planted:
    """One document with one secret in it, at `first` to `last` (lines, counted from 1)."""

    kind: str
    form: str
    suffix: str
    text: str
    secret: str
    first: int
    last: int


COMMENT = {".js": "// ", ".java": "// ", ".go": "// ", ".rs": "// ", ".c": "// ", ".php": "// "}


def planted(seed: int = SEED) -> Iterator[Planted]:
    """Every kind in `PLANTED_PER_KIND` documents, in forms drawn without replacement."""
    random = Random(seed)
    hosts = [text.splitlines() for text in clean_code()]
    hosts = [lines for lines in hosts if len(lines) > HOST_LINES]
    for format in FORMATS:
        forms = list(FORMS[format.forms].items())
        chosen = random.sample(forms, len(forms)) * PLANTED_PER_KIND
        for form, (suffix, write) in chosen[:PLANTED_PER_KIND]:
            yield _plant(random, format, form, suffix, write, random.choice(hosts))


def _plant(
    random: Random, format: Format, form: str, suffix: str, write: Form, host: list[str]
) -> Planted:
    lines, secret = write(random.choice(format.names), format.make(random))
    start = random.randrange(len(host) - HOST_LINES)
    excerpt = [_as_host(line, suffix) for line in host[start : start + HOST_LINES]]
    place = random.randrange(HOST_LINES)
    text = "\n".join([*excerpt[:place], lines, *excerpt[place:]]) + "\n"
    return Planted(
        format.kind, form, suffix, text, secret, place + 1, place + 1 + lines.count("\n")
    )


def _as_host(line: str, suffix: str) -> str:
    """A line of the host as is in Python, as a comment (a string in JSON) elsewhere."""
    if suffix == ".py":
        return line
    if suffix == ".json":
        return f'  "note": {json.dumps(line)},'
    if suffix == ".xml":
        return f"<!-- {line} -->"
    return COMMENT.get(suffix, "# ") + line


def clean_code() -> list[str]:
    """The modules of the running Python's library, without its tests."""
    root = Path(sysconfig.get_paths()["stdlib"])
    skipped = {"site-packages", "test", "tests", "idle_test"}
    paths = sorted(p for p in root.rglob("*.py") if not skipped & set(p.relative_to(root).parts))
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths]


def found_by_us(document: Planted) -> bool:
    """Whether nothing is left of the later half of a long secret, of a key's lines, of a password."""
    text = redact(document.text).text
    lines = document.secret.replace("\\n", "\n").split("\n")
    if len(lines) > 1:
        return not any(line in text for line in lines[1:-1] if len(line) > 8)
    length = len(document.secret)
    return document.secret[length // 2 if length > 20 else 0 :] not in text


def peer_findings(documents: Iterable[tuple[str, str]]) -> Iterator[list[tuple[int, str]]]:
    """The (line, type) that detect-secrets finds in each (text, suffix)."""
    with tempfile.TemporaryDirectory() as folder, default_settings():
        for text, suffix in documents:
            path = Path(folder, f"document{suffix}")
            path.write_text(text, encoding="utf-8")
            yield [(secret.line_number, secret.type) for secret in scan_file(str(path))]


def recall() -> list[Row]:
    """Share of the planted secrets found, by kind and over all."""
    documents = list(planted())
    peers = peer_findings((document.text, document.suffix) for document in documents)
    count, ours, theirs = Counter[str](), Counter[str](), Counter[str]()
    for document, findings in zip(documents, peers, strict=True):
        for group in (document.kind, "all"):
            count[group] += 1
            ours[group] += found_by_us(document)
            theirs[group] += any(document.first <= line <= document.last for line, _ in findings)
    return [
        {
            "kind": kind,
            "planted": str(count[kind]),
            "found": f"{ours[kind] / count[kind]:.0%}",
            "detect-secrets": f"{theirs[kind] / count[kind]:.0%}",
        }
        for kind in count
    ]


def clean() -> list[Row]:
    """Flags raised per MB of clean code, and milliseconds per MB on one core."""
    texts = clean_code()
    ours, our_seconds, our_bytes = Counter[str](), time.perf_counter(), _bytes(texts)
    for text in texts:
        ours.update(redact(text).counts)
    our_seconds = time.perf_counter() - our_seconds

    sample = _sample(texts)
    theirs, their_seconds = Counter[str](), time.perf_counter()
    for findings in peer_findings((text, ".py") for text in sample):
        theirs.update(kind for _, kind in findings)
    their_seconds = time.perf_counter() - their_seconds
    return [
        _clean_row("codekiln", ours, PERSONAL, our_seconds, our_bytes),
        _clean_row("detect-secrets", theirs, PEER_PERSONAL, their_seconds, _bytes(sample)),
    ]


def _clean_row(
    tool: str, found: Counter[str], personal: set[str], seconds: float, size: int
) -> Row:
    megabytes = size / 1e6
    flags = sum(count for kind, count in found.items() if kind not in personal)
    return {
        "tool": tool,
        "MB": f"{megabytes:.1f}",
        "flags/MB": f"{flags / megabytes:.2f}",
        "addresses/MB": f"{(found.total() - flags) / megabytes:.2f}",
        "ms/MB": f"{1000 * seconds / megabytes:.1f}",
    }


def _sample(texts: list[str]) -> list[str]:
    """Modules drawn from a seed until there are `PEER_CLEAN_BYTES` of them."""
    chosen, size = [], 0
    for text in Random(SEED).sample(texts, len(texts)):
        if size >= PEER_CLEAN_BYTES:
            break
        chosen.append(text)
        size += _bytes([text])
    return chosen


def _bytes(texts: list[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def run() -> dict[str, list[Row]]:
    """Both tables."""
    return {"recall": recall(), "clean code": clean()}


def main() -> None:
    """Print the tables."""
    for name, rows in run().items():
        print(f"\n{name}")
        for row in rows:
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
