"""What suggestions were worth, from the events that were kept."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from codekiln.serve.events import Event


@dataclass
class Acceptance:
    """Of one client's format, or of all. Rates and times are None where nothing tells them.

    The rate is of suggestions whose editor says what became of them; llama.cpp's format, for one, does not.
    """

    suggested: int = 0
    shown: int = 0
    accepted: int = 0
    dismissed: int = 0
    characters_suggested: int = 0
    characters_kept: int = 0
    rate: float | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    _times: list[float] = field(default_factory=list, repr=False)

    def finish(self) -> None:
        """Work out rates and times."""
        told = max(self.shown, self.accepted + self.dismissed)
        self.rate = self.accepted / told if told else None
        if self._times:
            times = sorted(self._times)
            self.median_ms = statistics.median(times)
            self.p95_ms = times[min(len(times) - 1, int(0.95 * len(times)))]

    def plain(self) -> dict[str, float | None]:
        """The figures by name."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


def acceptance(events: Iterable[Event]) -> dict[str, Acceptance]:
    """The figures of each client that asked, and of `all`.

    A suggestion counts once, however often it was shown or taken word by word; of what was kept the
    most counts.
    """
    clients: dict[str, str] = {}
    became: dict[tuple[str, str], int] = {}
    found = {"all": Acceptance()}
    for event in events:
        if event.kind == "suggested":
            clients[event.suggestion] = event.client
            for each in (found["all"], found.setdefault(event.client, Acceptance())):
                each.suggested += 1
                each.characters_suggested += event.characters or 0
                each._times.append(event.milliseconds or 0.0)
        else:
            key = event.suggestion, event.kind
            became[key] = max(became.get(key, 0), event.characters or 0)
    for (suggestion, kind), characters in became.items():
        names = {"all", clients.get(suggestion, "all")}
        for each in (found[name] for name in names):
            setattr(each, kind, getattr(each, kind) + 1)
            if kind == "accepted":
                each.characters_kept += characters
    for each in found.values():
        each.finish()
    return found
