"""Making a model better at one folder, and proving it on the folder's own last changes.

The order is that of the files: `split` before anything else, then `lessons` from what came before, the
`contest` on what was held out, the `verdict`, and the `adaptation` that joins them within its `budget`.
"""

from codekiln.pipeline.adapt.adaptation import adapt

__all__ = ["adapt"]
