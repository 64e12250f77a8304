"""Implement: from a signature and what a function is to do, to its body."""

from codekiln.tasks.implement.excerpt import Excerpt, excerpt, excerpt_at
from codekiln.tasks.implement.prompt import implement_prompt

__all__ = ["Excerpt", "excerpt", "excerpt_at", "implement_prompt"]
