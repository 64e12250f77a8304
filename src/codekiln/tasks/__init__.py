"""The tasks of step 5: each renders its training examples and its prompts in use with one code."""

from codekiln.tasks.completion import completion_prompt

__all__ = ["completion_prompt"]
