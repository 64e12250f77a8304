"""Who writes functions: a model that is asked for a body, or a completer for the lines that are missing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from codekiln.evaluate.programs.functions import Function
from codekiln.evaluate.programs.writer import Settings, Writer
from codekiln.generate import Completer, CompletionRequest, collect
from codekiln.inputs.formats import Header
from codekiln.tasks.chat import Message, chat_prompt
from codekiln.tasks.implement import implement_prompt
from codekiln.tokenizer import Tokenizer

Form = Literal["raw", "chat"]
PYTHON = Header(language="python")
INDENT = "    "
QUESTION = "Write the body of this Python function.\n\n```python\n{}```"
BEGUN = "```python\n{}"
# What only stands behind a function's end: Chen et al. 2021, section 3.2, and the end of a fenced block.
STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint", "\n```")


class Prompt(NamedTuple):
    """The ids that a model reads, and how the answer has been begun in them."""

    ids: list[int]
    begun: str


def raw_prompt(tokenizer: Tokenizer, problem: Function, budget: int) -> Prompt:
    """The problem's own text, as it would stand in a file."""
    return Prompt(implement_prompt(tokenizer, problem.prompt, PYTHON, budget), "")


def chat_turn(tokenizer: Tokenizer, problem: Function, _: int) -> Prompt:
    """A question. Its answer is begun with signature, docstring and one indent: small models chat else."""
    begun = BEGUN.format(problem.prompt) + INDENT
    question = Message("user", QUESTION.format(problem.prompt))
    return Prompt(chat_prompt(tokenizer, [question], begun), INDENT)


FORMS: dict[Form, Callable[[Tokenizer, Function, int], Prompt]] = {
    "raw": raw_prompt,
    "chat": chat_turn,
}


@dataclass(frozen=True)
class BodyWriter:
    """Writes the body of a function whose signature and docstring are given."""

    writer: Writer
    form: Form

    @property
    def name(self) -> str:
        """How the model is asked."""
        return f"{self.form} prompt"

    def __call__(self, problem: Function) -> list[str]:
        """Bodies, each up to where the function ends."""
        prompt = FORMS[self.form](self.writer.tokenizer, problem, self.writer.room)
        answers = self.writer(prompt.ids, STOPS, heals=True)
        return [prompt.begun + answer for answer in answers]


@dataclass(frozen=True)
class GapFiller:
    """Writes the lines that are missing; `fills` says whether the model is told what follows them."""

    completer: Completer
    fills: bool
    settings: Settings

    @property
    def name(self) -> str:
        """What the model is told."""
        return "prefix and suffix" if self.fills else "prefix alone: no fill-in-the-middle"

    def __call__(self, problem: Function) -> list[str]:
        """Whole lines. Who does not see what follows is told how many are missing."""
        missing = problem.solution.count("\n")
        request = CompletionRequest(
            problem.prompt,
            (problem.suffix or "") if self.fills else "",
            language=PYTHON.language,
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.temperature,
            lines=missing if missing == 1 or not self.fills else None,
        )
        seeds = range(self.settings.seed, self.settings.seed + self.settings.count)
        answers = (collect(self.completer, replace(request, seed=seed)).text for seed in seeds)
        return [answer.removesuffix("\n") + "\n" for answer in answers]
