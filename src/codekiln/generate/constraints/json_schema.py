"""A JSON schema as a grammar of llguidance, which is in the extra `grammar`."""

import json
from typing import TYPE_CHECKING

from codekiln.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from llguidance._lib import JsonCompileOptions

# JSON as Python's `json.dumps` writes it: with free white space a model may go on without end. Nor may a
# schema have the keywords passed over that llguidance does not know.
AS_PYTHON: "JsonCompileOptions" = {
    "item_separator": ", ",
    "key_separator": ": ",
    "whitespace_flexible": False,
    "lenient": False,
}


def grammar_of(schema: str) -> str:
    """JSON that a schema allows, on one line, with a blank after `,` and `:`.

    `schema` is JSON text itself.

    Raises:
        UsageError: it is no JSON, no schema, cannot be met, or has a keyword that llguidance does not know.
        MissingExtraError: llguidance is not installed.
    """
    try:
        from llguidance import LLMatcher
    except ImportError:
        raise MissingExtraError("grammar", "Bounding an answer by a grammar") from None
    try:
        json.loads(schema)  # its messages are about the user's text
        grammar = LLMatcher.grammar_from_json_schema(schema, overrides=AS_PYTHON)
    except ValueError as error:
        raise UsageError(f"The JSON schema cannot be used ({error}): correct it.") from None
    reason = " ".join(LLMatcher.validate_grammar(grammar).split())
    if reason:
        raise UsageError(f"The JSON schema cannot be used ({reason}): correct it.")
    return grammar
