"""What of a candidate may stand at the cursor: cut to where it parses, and said so only if it does.

The rule is in `verified`. `python` and `grammar` know the file with a text at its cursor, `judge` knows
what an unfinished file may lack, and `memory` spares what was parsed for the last answers.
"""

from codekiln.generate.verify.memory import Verifier
from codekiln.generate.verify.verified import Reason, State, Verified, verify

__all__ = ["Reason", "State", "Verified", "Verifier", "verify"]
