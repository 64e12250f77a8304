"""The tasks of step 5: each renders its training examples and its prompts in use with one code."""

from codekiln.tasks.completion import completion_prompt
from codekiln.tasks.fix import Patch, fix_prompt
from codekiln.tasks.implement import implement_prompt

__all__ = ["Patch", "completion_prompt", "fix_prompt", "implement_prompt"]
