"""The rule that asks the grammar. It is the dearest of all and comes last."""

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject
from codekiln.languages import error_share


def syntax(candidate: Candidate, _rules: Rules) -> Verdict:
    """Little of the file may fit no construct of its language (OpenCoder, appendix A: it parses)."""
    if candidate.language is None:
        return KEEP
    share = error_share(candidate.language, candidate.octets)
    if share is not None and share > candidate.bounds.errors:
        return reject("syntax-error", f"{share:.1%} of it is not {candidate.language.name}")
    return KEEP
