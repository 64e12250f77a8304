"""Fix: from what went wrong and the code to a patch; and where the examples come from."""

from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.prompt import FixPrompt, fix_prompt
from codekiln.tasks.fix.trial import Run, Trial, Verdict

__all__ = ["FixPrompt", "Patch", "Run", "Trial", "Verdict", "fix_prompt"]
