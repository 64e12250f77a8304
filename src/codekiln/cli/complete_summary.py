"""What `codekiln complete` says of a suggestion, for people and as JSON."""

import dataclasses
from typing import TYPE_CHECKING, Any

from codekiln.cli.passages import passage_line
from codekiln.cli.terminal import errors

if TYPE_CHECKING:
    from codekiln.apps.suggest import Suggestion
    from codekiln.tasks.context import Context

REASONS = {
    "error": "nothing of it would parse here",
    "repeated": "it only repeats what follows the cursor",
    "empty": "the model wrote nothing",
    "unfinished": "it opens what it does not close",
    "no parser": "there is no parser for this language",
    "broken file": "the file around the cursor does not parse",
    "doubtful": "it parses, but with what the parser takes and the language may not",
    "limit": "it would take too long to check",
}


def print_suggestion(found: "Suggestion") -> None:
    """The text on stdout, and on stderr what is to be said of it."""
    print(found.text)
    if found.verified.state != "verified":
        label = "unverified" if found.text else "nothing to show"
        errors.print(f"[dim]{label}: {REASONS[found.verified.reason]}[/]")
    for passage in found.passages:
        errors.print(f"[dim]{passage_line(passage)}[/]", soft_wrap=True)


def suggestion_as_json(found: "Suggestion", context: "Context | None") -> dict[str, Any]:
    """All of it; `context` is what of other files the model was shown, and what not, with reasons."""
    written = dataclasses.asdict(found.completion)
    shown = found.before + found.text
    return {
        "text": found.text,
        "state": found.verified.state,
        "reason": found.verified.reason,
        "written": written.pop("text"),
        **written,
        "passages": [passage.plain(shown) for passage in found.passages],
        "verify_ms": found.verify_ms,
        "trace_ms": found.trace_ms,
        "context": dataclasses.asdict(context) if context else None,
    }
