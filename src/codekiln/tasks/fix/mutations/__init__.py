"""Bugs as programmers make them, put into code at nodes of its syntax tree. Nothing is run here.

Whether a mutation is a bug at all is for whoever runs the code to say.
"""

from codekiln.tasks.fix.mutations.kinds import KINDS, LAYOUT, mutations
from codekiln.tasks.fix.mutations.site import Mutation

__all__ = ["KINDS", "LAYOUT", "Mutation", "mutations"]
