"""Examples from bugs that are put into code that works: each was run before and after.

A Python function that stands alone is tried by its examples or by what it gives today, any other file that
stands alone by its compiler; where that checks the syntax alone, one bug of a file is enough, and few
files are. Of each, mutations are tried until enough of them fail; the kinds that were found least so far
come first, so that no kind that is easy to make drowns the others.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codekiln.errors import PatchError, UsageError
from codekiln.languages import Language, function_places, languages
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.fix.compilers import compiler_of
from codekiln.tasks.fix.mutations import LAYOUT, Mutation, mutations
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.program import programs
from codekiln.tasks.fix.tests import trial_of
from codekiln.tasks.fix.trial import Run, Trial

TRIES = 4  # mutations that are run for each that is wanted
MOST = 3  # bugs of one program; of one whose syntax alone is checked, 1
ENOUGH_LAYOUT = 30  # bugs of layout, beyond which they are no more than all others together
LARGEST = 12  # lines of a patch
_SHADOWING = frozenset(("test", "probe", "doctest", "unittest", "json"))


@dataclass
class Injector:
    """Puts bugs into code and runs it. `counts` tell what became of every program and every mutation."""

    run: Run
    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def examples(self, origin: Origin, content: str) -> Iterator[TaskExample]:
        """The bugs of one file, verified: with them the trial fails, without them it passes."""
        language = languages().get(origin.language)
        if language is None:
            return
        before = self.counts["bug verified"]
        if language.name == "python":
            yield from self._of_functions(language, origin, content)
        if self.counts["bug verified"] == before:
            yield from self._of_file(language, origin, content)

    def _of_functions(
        self, language: Language, origin: Origin, content: str
    ) -> Iterator[TaskExample]:
        file = _module(origin.path)
        for program in programs(content):
            trial = trial_of(program, file, self.run)
            if trial is None:
                self.counts["no trial"] += 1
                continue
            code = program.code.encode()
            found: list[Mutation] = []
            for place in function_places(language, code):
                if place.name == program.name and not place.owners:
                    every = mutations(language, code, place.start, place.end)
                    found = [each for each in every if each.kind not in LAYOUT]
            yield from self._broken(origin, program.code, trial, found)

    def _of_file(self, language: Language, origin: Origin, content: str) -> Iterator[TaskExample]:
        try:
            compiler = compiler_of(language)
        except UsageError:
            self.counts[f"no compiler for {language.name}"] += 1
            return
        trial = compiler.trial(language, origin.path, content)
        if trial is None:
            self.counts["does not stand alone"] += 1
            return
        if compiler.syntax_only and self._has_enough_layout():
            self.counts["enough bugs of layout"] += 1
            return
        found = mutations(language, content.encode())
        if compiler.syntax_only:
            found = [each for each in found if each.kind in LAYOUT]
        yield from self._broken(origin, content, trial, found, 1 if compiler.syntax_only else MOST)

    def _has_enough_layout(self) -> bool:
        layout = sum(self.kinds[kind] for kind in LAYOUT)
        return layout >= max(ENOUGH_LAYOUT, self.kinds.total() - layout)

    def _broken(
        self,
        origin: Origin,
        code: str,
        trial: Trial,
        found: Sequence[Mutation],
        most: int = MOST,
    ) -> Iterator[TaskExample]:
        """At most `most` of the mutations of a program that its trial notices."""
        if not found:
            self.counts["nothing to change"] += 1
            return
        if not trial.of(code, self.run).passed:
            self.counts["fails as it is"] += 1
            return
        made = 0
        for mutation in self._ordered(found, code)[: TRIES * most]:
            example = self._example(origin, code, trial, mutation)
            if example is not None:
                made += 1
                self.kinds[mutation.kind] += 1
                yield example
            if made == most:
                break

    def _example(
        self, origin: Origin, code: str, trial: Trial, mutation: Mutation
    ) -> TaskExample | None:
        broken = mutation.apply(code.encode()).decode()
        patch = Patch.between(broken, code)
        if patch.size > LARGEST or not _leads_back(patch, broken, code):
            self.counts["too large a change"] += 1
            return None
        verdict = trial.of(broken, self.run)
        if verdict.passed:
            self.counts["bug not noticed"] += 1
        elif not verdict.message.strip():
            self.counts["killed"] += 1
        else:
            self.counts["bug verified"] += 1
            return TaskExample(
                task="fix",
                kind=mutation.kind,
                origin=origin,
                target=patch.text,
                message=verdict.message,
                code=broken,
                trial=trial.plain(),
            )
        return None

    def _ordered(self, found: Sequence[Mutation], code: str) -> list[Mutation]:
        """One mutation of each kind by turns, the rarest kinds first, in a random order of places."""
        generator = random.Random(f"{self.seed}:{code}")
        shuffled = generator.sample(list(found), len(found))
        turn: Counter[str] = Counter()
        ranked: list[tuple[int, int, int, Mutation]] = []
        for mutation in shuffled:
            ranked.append((turn[mutation.kind], self.kinds[mutation.kind], len(ranked), mutation))
            turn[mutation.kind] += 1
        return [mutation for *_, mutation in sorted(ranked)]


def _leads_back(patch: Patch, broken: str, code: str) -> bool:
    try:
        return Patch.parse(patch.text).apply(broken) == code
    except PatchError:
        return False


def _module(path: str) -> str:
    """A file's own name, unless the standard library or the trial has one of it."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    if not stem.isidentifier() or stem.startswith("__"):
        stem = "module"
    return f"{stem}_.py" if stem in sys.stdlib_module_names or stem in _SHADOWING else f"{stem}.py"
