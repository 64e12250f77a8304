"""Examples for tuning, a context and what is to follow it, as rows to learn from."""

from codekiln.inputs.examples.example import Example, read_examples
from codekiln.inputs.examples.rows import ExampleRows, begins, ids_of, is_target, pack

__all__ = ["Example", "ExampleRows", "begins", "ids_of", "is_target", "pack", "read_examples"]
