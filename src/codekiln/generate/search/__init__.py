"""Several answers at once: beams and samples over one engine's rows, and the choice of one of them."""

from codekiln.generate.search.beam import beam_search
from codekiln.generate.search.best_of import best_of, mean_logprob
from codekiln.generate.search.choice import search
from codekiln.generate.search.hypotheses import Hypothesis

__all__ = ["Hypothesis", "beam_search", "best_of", "mean_logprob", "search"]
