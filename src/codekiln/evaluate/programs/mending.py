"""Who mends: a model that writes a patch, and the baselines that every fix rate has to beat."""

from dataclasses import dataclass, replace

from codekiln.errors import PatchError
from codekiln.evaluate.programs.broken import Broken
from codekiln.evaluate.programs.writer import Writer
from codekiln.inputs.formats import Header
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.prompt import fix_prompt

STOPS = ("\n\n", "\n###")  # no patch holds these
# For models that were not tuned on patches: one bug of another kind than any program has, and its patch.
EXAMPLE = """### Error
Traceback (most recent call last):
  File "greet.py", line 2, in greet
    return "Hello, " + nme
NameError: name 'nme' is not defined
### Code
1|def greet(name):
2|    return "Hello, " + nme
### Fix
-2|    return "Hello, " + nme
+2|    return "Hello, " + name

"""


@dataclass(frozen=True)
class CopyInput:
    """Changes nothing. It scores high by any likeness of texts, and mends nothing."""

    name: str = "copy the input"

    def __call__(self, problem: Broken) -> list[str]:
        """The code as it is."""
        return [problem.code]


@dataclass(frozen=True)
class DeleteLine:
    """Takes away the line of the bug, that no model is told (Qi et al. 2015: features go with it)."""

    name: str = "delete the line"

    def __call__(self, problem: Broken) -> list[str]:
        """The code without it."""
        lines = problem.code.split("\n")
        first = Patch.between(problem.code, problem.right).lines.start
        del lines[first - 1 : first]
        return ["\n".join(lines)]


@dataclass(frozen=True)
class PatchWriter:
    """Asks a model for patches, in the words of `tasks.fix`; `shows` puts a worked example in front."""

    writer: Writer
    shows: bool = False

    @property
    def name(self) -> str:
        """How the model is asked."""
        return "model, shown an example" if self.shows else "model"

    def __call__(self, problem: Broken) -> list[str]:
        """The code after each patch; as it is where a patch cannot be read or does not fit."""
        return [
            code or problem.code for code in self.mended(problem, problem.code, problem.message)
        ]

    def mended(self, problem: Broken, code: str, message: str) -> list[str | None]:
        """The same of `code`, which may be an earlier try and has its own message; None for no patch."""
        tokenizer = self.writer.tokenizer
        example = tokenizer.encode(EXAMPLE) if self.shows else []
        header = Header(path=problem.path, language=problem.language)
        prompt = fix_prompt(tokenizer, message, code, header, self.writer.room - len(example))
        opening, *rest = prompt.ids
        return [_applied(code, text) for text in self.writer([opening, *example, *rest], STOPS)]

    def seeded(self, seed: int) -> "PatchWriter":
        """One that draws a single patch, with another seed."""
        settings = replace(self.writer.settings, count=1, seed=seed)
        return replace(self, writer=replace(self.writer, settings=settings))


def _applied(code: str, answer: str) -> str | None:
    try:
        return Patch.parse(answer).apply(code)
    except PatchError:
        return None
