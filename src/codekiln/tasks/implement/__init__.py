"""Implement: from a signature and what a function is to do, to its body."""

from codekiln.tasks.implement.excerpt import Excerpt, excerpt
from codekiln.tasks.implement.prompt import implement_prompt

__all__ = ["Excerpt", "excerpt", "implement_prompt"]
