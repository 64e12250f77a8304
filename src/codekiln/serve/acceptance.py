"""What suggestions were worth, from the events that were kept."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codekiln.serve.events import Event, Kind


@dataclass(frozen=True)
class Acceptance:
    """Of one client's format, or of all. Rates and times are None where nothing tells them.

    The rate is of suggestions of which it is told what became of them. Nobody knows it where only what was
    taken is told, as of lists of completions, or nothing is, as in llama.cpp's format.
    """

    suggested: int
    shown: int
    accepted: int
    dismissed: int
    characters_suggested: int
    characters_kept: int
    rate: float | None
    median_ms: float | None
    p95_ms: float | None


@dataclass
class _Fate:
    """Of one suggestion: how it was made, and what became of it."""

    client: str = ""
    characters: int = 0
    milliseconds: float | None = None
    kinds: set[Kind] = field(default_factory=set)
    kept: int = 0


def acceptance(events: Iterable[Event]) -> dict[str, Acceptance]:
    """The figures of each client that asked, and of `all`.

    A suggestion counts once, however often it was shown, or taken word by word: of what was kept the most
    counts, and who takes a part of it and dismisses the rest has accepted it.
    """
    fates: dict[str, _Fate] = defaultdict(_Fate)
    for event in events:
        fate = fates[event.suggestion]
        fate.kinds.add(event.kind)
        if event.kind == "suggested":
            fate.client, fate.characters = event.client, event.characters or 0
            fate.milliseconds = event.milliseconds
        elif event.kind == "accepted":
            fate.kept = max(fate.kept, event.characters or 0)
    every = list(fates.values())
    clients = sorted({fate.client for fate in every} - {""})
    telling = {fate.client for fate in every if fate.kinds & {"shown", "dismissed"}}
    return {"all": _figures(every, telling)} | {
        client: _figures([fate for fate in every if fate.client == client], telling)
        for client in clients
    }


def _figures(fates: Sequence[_Fate], telling: set[str]) -> Acceptance:
    """`telling` are the clients that tell of more than what was taken."""
    became = [fate.kinds for fate in fates]
    told = [fate.kinds for fate in fates if fate.client in telling and fate.kinds != {"suggested"}]
    times = sorted(fate.milliseconds for fate in fates if fate.milliseconds is not None)
    return Acceptance(
        suggested=sum("suggested" in kinds for kinds in became),
        shown=sum("shown" in kinds for kinds in became),
        accepted=sum("accepted" in kinds for kinds in became),
        dismissed=sum("dismissed" in kinds and "accepted" not in kinds for kinds in became),
        characters_suggested=sum(fate.characters for fate in fates),
        characters_kept=sum(fate.kept for fate in fates),
        rate=sum("accepted" in kinds for kinds in told) / len(told) if told else None,
        median_ms=statistics.median(times) if times else None,
        p95_ms=times[min(len(times) - 1, int(0.95 * len(times)))] if times else None,
    )
