"""What bounds an answer, token by token: a grammar, or the word that stands at the cursor."""

from codekiln.generate.constraints.constraint import Constraint, Mask
from codekiln.generate.constraints.grammar import GrammarCompiler, GrammarConstraint
from codekiln.generate.constraints.healing import Healer, Healing

__all__ = ["Constraint", "GrammarCompiler", "GrammarConstraint", "Healer", "Healing", "Mask"]
