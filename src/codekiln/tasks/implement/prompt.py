"""Implement: the prompt that asks for a body. It is the file up to there, which every base knows.

So it is HumanEval's form too: what is tuned here is what is measured there.
"""

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header
from codekiln.tasks.completion import completion_prompt
from codekiln.tokenizer import Tokenizer


def implement_prompt(
    tokenizer: Tokenizer, prefix: str, header: Header, budget: int, context: str = ""
) -> list[int]:
    """At most `budget` ids; `prefix` ends with the line in front of the body, `context` as elsewhere.

    Raises:
        UsageError: the prefix ends inside a line, or `budget` is below 1.
    """
    if not prefix.endswith("\n"):
        raise UsageError(
            "A body begins on a line of its own: end the signature or its docstring with one."
        )
    return completion_prompt(tokenizer, prefix, "", header, budget, context)
