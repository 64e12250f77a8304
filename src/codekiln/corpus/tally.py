"""What a build counts, and the proof that every file seen is accounted for."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from codekiln.artifact import Statistics
from codekiln.corpus.chunks import Outcome
from codekiln.corpus.document import Document, Rejection
from codekiln.corpus.split import group_of
from codekiln.errors import CorpusError


class Tally:
    """Counts of outcomes, the hashes of what was kept, and its names and sizes; no contents."""

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self.kept: list[tuple[str, str, int]] = []
        self.rejected: Counter[str] = Counter()
        self._first: dict[bytes, int] = {}
        self._languages: Counter[str] = Counter()
        self._language_bytes: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> Outcome:
        """Count an outcome; a document that was seen before comes back as a rejection."""
        if isinstance(outcome, Rejection):
            self.rejected[outcome.reason] += 1
            return outcome
        size = len(outcome.content.encode())
        same = self._first.setdefault(bytes.fromhex(outcome.sha256), len(self.kept))
        if same < len(self.kept):
            source, path, _ = self.kept[same]
            detail = f"same as {source}/{path}"
            return self.add(Rejection(outcome.source, outcome.path, size, "duplicate", detail))
        self.kept.append((outcome.source, outcome.path, size))
        self._languages[outcome.language] += 1
        self._language_bytes[outcome.language] += size
        return outcome

    def add_all(self, outcomes: Iterable[Outcome]) -> None:
        """Count the outcomes of a chunk that was finished before."""
        for outcome in sorted(outcomes, key=lambda item: isinstance(item, Document)):
            self.add(outcome)

    def reconcile(self, seen: int) -> None:
        """Compare what was listed with what was counted.

        Raises:
            CorpusError: a file is in neither count, or in both; or nothing at all was kept.
        """
        counted = len(self.kept) + self.rejected.total()
        if counted != seen:
            raise CorpusError(
                f"{seen} files were listed but {counted} accounted for: delete the .partial "
                "folder and run the recipe again."
            )
        if not seen:
            raise CorpusError("The sources hold no files: give a folder that holds code.")
        if not self.kept:
            reason, count = self.rejected.most_common(1)[0]
            raise CorpusError(
                f"Found {seen} files but none is code we can read: most were {reason} ({count}). "
                "Give another source, or widen 'kinds', 'languages' or 'exclude' of the corpus."
            )

    def statistics(self, groups: dict[str, int], held_out: Iterable[str]) -> Statistics:
        """The figures for the manifest."""
        held = set(held_out)
        splits = {name: {"files": 0, "bytes": 0} for name in ("train", "held_out")}
        for source, path, size in self.kept:
            split = splits["held_out" if group_of(source, path, groups) in held else "train"]
            split["files"] += 1
            split["bytes"] += size
        languages: dict[str, Any] = {
            name: {"files": files, "bytes": self._language_bytes[name]}
            for name, files in sorted(self._languages.items())
        }
        return {
            "seen": len(self.kept) + self.rejected.total(),
            "kept": len(self.kept),
            "bytes": sum(size for _, _, size in self.kept),
            "rejected": dict(sorted(self.rejected.items())),
            "languages": languages,
            "groups": len(groups),
            "splits": splits,
        }
