"""What a corpus is made of and which of its files are kept: the `[corpus]` table of a recipe."""

import dataclasses
import difflib
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import describe
from codekiln.config import setting
from codekiln.corpus.filters import Rules
from codekiln.corpus.licences import PERMISSIVE
from codekiln.errors import RecipeError, SourceError
from codekiln.languages import KINDS, languages


@dataclass(frozen=True)
class CollectConfig:
    """What one source's documents depend on: its name, and the rules for a single file."""

    source: str
    exclude: tuple[str, ...]
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    licences: tuple[str, ...]
    benchmarks: tuple[str, ...]
    max_bytes: int
    max_line: int
    max_mean_line: int
    commits: int


@dataclass(frozen=True)
class CorpusConfig:
    """What the corpus is made of, and which of its files are kept."""

    sources: tuple[str, ...] = setting(
        dataclasses.MISSING,
        "folders, git:PATH@REVISION, archive:PATH, pypi:NAME, npm:NAME, debian:NAME, parquet:PATH … "
        "in the order they are read; 'own:' before one says that the code is yours",
    )
    exclude: tuple[str, ...] = setting((), "glob patterns of files and folders to leave out")
    kinds: tuple[str, ...] = setting(("code",), "kinds of languages to keep: code, markup, data")
    languages: tuple[str, ...] = setting((), "languages to keep; none named = all of the kinds")
    licences: tuple[str, ...] = setting(PERMISSIVE, "SPDX licences to keep, unless the code is own")
    benchmarks: tuple[str, ...] = setting(
        (), "files of tests that no document may contain, besides HumanEval"
    )
    max_bytes: int = setting(1_000_000, "longest file that is read, in bytes", "> 0")
    max_line: int = setting(1000, "longest line of a file, in characters", "> 0")
    max_mean_line: int = setting(100, "longest mean line of a file, in characters", "> 0")
    near_duplicates: float = setting(
        0.7, "likeness from which two files are copies; 1 = only equal ones", "0.6..1"
    )
    max_copies: int = setting(1, "files kept of each cluster of near-duplicates", "> 0")
    max_repository: int = setting(100_000_000, "most bytes kept of one repository", "> 0")
    commits: int = setting(0, "newest commits of each git source to keep for bug fixes", ">= 0")
    held_out: float = setting(0.05, "share of the bytes that no training sees", "0..0.5")
    seed: int = setting(0, "another seed holds out other groups")

    def check(self) -> None:
        """Check what the types cannot.

        Raises:
            SourceError: no source is named, or one twice.
            RecipeError: a kind, a language or a file of benchmarks is not known.
        """
        if not self.sources:
            raise SourceError("The corpus names no sources: add a folder to 'sources'.")
        for spec in self.sources:
            if self.sources.count(spec) > 1:
                raise SourceError(f"The corpus names the source '{spec}' twice: name it once.")
        _check_names("kinds", self.kinds, KINDS)
        _check_names("languages", self.languages, tuple(languages()))
        for path in self.benchmarks:
            if not Path(path).expanduser().is_file():
                raise RecipeError(f"There is no file {path} of benchmarks: mend 'benchmarks'.")

    def rules(self) -> Rules:
        """The dials of the filters."""
        return Rules(self.kinds, self.languages, self.max_bytes, self.max_line, self.max_mean_line)

    def benchmark_paths(self) -> list[Path]:
        """The files of benchmarks."""
        return [Path(path).expanduser() for path in self.benchmarks]

    def collecting(self, source: str) -> CollectConfig:
        """What the documents of one source depend on; a file of benchmarks counts by content."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(CollectConfig)
            if field.name != "source"
        }
        values["benchmarks"] = tuple(describe(path)["sha256"] for path in self.benchmark_paths())
        return CollectConfig(source=source, **values)


def _check_names(key: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
            remedy = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}."
            raise RecipeError(f"'{name}' is none of the {key} of a corpus: {remedy}")
