"""From what a compiler or a linter says of a line to the mended file: a patch is asked for, as in training.

A patch is taken only if it applies and the file has no more syntax errors than before. Whether it mends
anything, only whoever gave the message can say.
"""

import warnings
from dataclasses import dataclass

from codekiln.errors import PatchError, UsageError
from codekiln.generate import Completer, CompletionRequest, collect
from codekiln.inputs.formats import Header, header_ids
from codekiln.languages import Language, error_share
from codekiln.tasks.fix import Patch, fix_prompt
from codekiln.tokenizer import Tokenizer

MAX_TOKENS = 200
PROMPT_TOKENS = 1500
STOPS = ("\n\n", "\n###")  # no patch holds these


@dataclass(frozen=True)
class Fix:
    """The whole file with the patch in it."""

    text: str
    patch: Patch


def fix(
    completer: Completer,
    tokenizer: Tokenizer,
    text: str,
    message: str,
    line: int,
    language: Language,
    *,
    path: str,
) -> Fix:
    """A patch for what `message` says of a line, counted from 1.

    Raises:
        PatchError: what the model wrote is no patch, does not fit, or brings in a syntax error.
        UsageError: the language has no parser to tell that by, or there is no code; and as the completer.
    """
    if language.grammar is None:
        raise UsageError(
            f"A patch for {language.name} cannot be checked, since it has no parser here: mend it by hand."
        )
    header = Header(path=path, language=language.name)
    told = f"{path.rpartition('/')[2] or 'line'}:{line}: {message}"
    ids = fix_prompt(tokenizer, told, text, header, PROMPT_TOKENS).ids
    opening = len(header_ids(tokenizer, header))
    request = CompletionRequest(
        tokenizer.decode(ids[opening:]),
        path=path,
        language=language.name,
        max_tokens=MAX_TOKENS,
        max_prompt_tokens=PROMPT_TOKENS,
        stop=STOPS,
    )
    patch = Patch.parse(collect(completer, request).text)
    mended = patch.apply(text)
    if _errors(mended, language) > _errors(text, language):
        raise PatchError(
            f"The patch for line {line} brings in a syntax error: ask again, or mend it by hand."
        )
    return Fix(mended, patch)


def _errors(text: str, language: Language) -> float:
    """Bytes that fit into no construct; 1 for Python that parses here and does not compile."""
    content = text.encode(errors="replace")
    found = (error_share(language, content) or 0.0) * len(content)
    return found if found or language.name != "python" else float(not _compiles(text))


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape sequence that is none is no error
        try:
            compile(text, "<file>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
            return False
    return True
