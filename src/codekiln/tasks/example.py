"""An example of a task: what is asked, in text, and the answer. What an artifact of tasks is made of.

It knows no tokenizer, so one artifact serves every base; `rows` makes ids of it, with the code that
makes the prompts in use.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Task = Literal["completion", "implement", "fix"]
TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True)
class Origin:
    """Where an example is from; `commit` is that of a bug fix, else empty."""

    source: str
    repository: str
    path: str
    licence: str
    language: str
    commit: str = ""


@dataclass(frozen=True)
class TaskExample:
    """One question and its answer, `target`.

    A completion stands between `prefix` and `suffix`, an implementation behind `prefix`; `related` are
    comments from other files, to stand in front. A fix has `message`, what went wrong, and `code`; its
    target is a numbered line diff. `kind` is how it was made: where a completion was cut, the style of
    a docstring, the mutation. `trial` is what fails before an injected bug is mended and passes after:
    `{"file", "command", "files"}`.
    """

    task: Task
    kind: str
    origin: Origin
    target: str
    prefix: str = ""
    suffix: str = ""
    related: str = ""
    message: str = ""
    code: str = ""
    trial: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As a row of a table."""
        values = asdict(self)
        origin = values.pop("origin")
        values["trial"] = json.dumps(values["trial"]) if self.trial else ""
        return {**values, **origin}

    @classmethod
    def of(cls, row: dict[str, Any]) -> "TaskExample":
        """What `plain` made a row of."""
        values = dict(row)
        origin = Origin(**{name: values.pop(name) for name in Origin.__dataclass_fields__})
        values["trial"] = json.loads(values["trial"]) if values["trial"] else {}
        return cls(origin=origin, **values)
