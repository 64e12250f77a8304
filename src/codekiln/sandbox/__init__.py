"""Running code nobody trusts: confined on every side, judged from outside, refused where that fails.

It confines accidents and ordinary malice, not exploits of the kernel. What is run, and what its result
means, is each caller's business.
"""

from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.outcome import Outcome
from codekiln.sandbox.program import Program, python
from codekiln.sandbox.sandbox import Sandbox
from codekiln.sandbox.toolchains import program_of

__all__ = ["Layer", "Limits", "Outcome", "Program", "Sandbox", "program_of", "python"]
