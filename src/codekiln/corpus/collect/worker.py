"""What a worker does: a batch of files as Arrow columns in, their outcomes as Arrow columns out.

Nothing raises here. A file whose cleaning fails comes back as `quarantined`, with the error.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from codekiln.corpus.cleaning import Cleaned, Cleaner, Raw, Refused
from codekiln.corpus.duplicates import signatures
from codekiln.corpus.secrets import redact

HEAD = 1000  # characters of a refused text that are kept for a person to judge by
ERROR = 300  # characters of an error
QUARANTINE = "quarantined"

FILES = pa.schema(
    {
        "place": pa.int64(),
        "path": pa.string(),
        "content": pa.binary(),
        "licence": pa.string(),
        "licence_from": pa.string(),
        "domains": pa.list_(pa.string()),
    }
)
OUTCOMES = pa.schema(
    {
        "place": pa.int64(),
        "reason": pa.string(),  # empty: kept
        "detail": pa.string(),
        "head": pa.string(),
        "content": pa.string(),
        "language": pa.string(),
        "licence": pa.string(),
        "licence_from": pa.string(),
        "domains": pa.list_(pa.string()),
        "sha256": pa.string(),
        "bytes": pa.int64(),
        "redacted": pa.map_(pa.string(), pa.int32()),
        "signature": pa.binary(),
    }
)


def clean_batch(
    cleaner: Cleaner, files: pa.Table, at: Callable[[int], None] | None = None
) -> pa.Table:
    """The outcomes of some files, in their order; `at` is told the place of each before it is read."""
    places = files["place"].to_pylist()
    outcomes = []
    for place, row in zip(places, _raws(files), strict=True):
        if at:
            at(place)
        outcomes.append(_clean(cleaner, Raw(*row)))
    kept = [outcome for outcome in outcomes if isinstance(outcome, Cleaned)]
    sketches = iter(signatures([outcome.tokens for outcome in kept]))
    sizes = pc.binary_length(files["content"]).to_pylist()
    rows = [
        _kept(place, outcome, next(sketches).tobytes())
        if isinstance(outcome, Cleaned)
        else _refused(place, size, outcome)
        for place, size, outcome in zip(places, sizes, outcomes, strict=True)
    ]
    return pa.Table.from_pylist(rows, OUTCOMES)


def lost(place: int, size: int, error: str) -> pa.Table:
    """The outcome of a file that brought its worker down."""
    return pa.Table.from_pylist(
        [_refused(place, size, Refused(QUARANTINE, error[:ERROR]))], OUTCOMES
    )


def _raws(files: pa.Table) -> Sequence[tuple[Any, ...]]:
    columns = ("path", "content", "licence", "licence_from", "domains")
    return list(zip(*(files[name].to_pylist() for name in columns), strict=True))


def _clean(cleaner: Cleaner, raw: Raw) -> Cleaned | Refused:
    try:
        return cleaner.clean(raw)
    except Exception as error:  # whatever it is, it concerns this one file
        detail = redact(f"{type(error).__name__}: {error}"[:ERROR]).text
        return Refused(QUARANTINE, detail)


def _kept(place: int, outcome: Cleaned, signature: bytes) -> dict[str, Any]:
    content = outcome.text.encode()
    return {
        "place": place,
        "reason": "",
        "content": outcome.text,
        "language": outcome.language,
        "licence": outcome.licence,
        "licence_from": outcome.licence_from,
        "domains": list(outcome.domains),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "redacted": sorted(outcome.redacted.items()),
        "signature": signature,
    }


def _refused(place: int, size: int, outcome: Refused) -> dict[str, Any]:
    return {
        "place": place,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "head": redact(outcome.text[:HEAD]).text if outcome.text else "",
        "language": outcome.language,
        "bytes": size,
    }
