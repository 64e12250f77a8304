"""Why an answer is what it is: what its prompt was given of other files, what it lacks, and where its text
stands already. It is told in a field `codekiln` of its own beside those of a format.
"""

from dataclasses import asdict
from typing import Any

from codekiln.serve.assistant import Answer, Assistant


def debug(assistant: Assistant, answer: Answer) -> dict[str, Any]:
    """Plain data. `context` is None where nothing was looked for; `folder` says how the index is."""
    suggestion, context = answer.suggestion, answer.context
    return {
        "state": suggestion.verified.state,
        "reason": suggestion.verified.reason,
        "context": asdict(context) if context else None,
        "folder": _folder(assistant),
        "passages": [
            passage.plain(suggestion.before + suggestion.text) for passage in suggestion.passages
        ],
        "verify_ms": suggestion.verify_ms,
        "trace_ms": suggestion.trace_ms,
    }


def _folder(assistant: Assistant) -> str:
    """Why the context may be empty: the words that an index which fails would not say by itself."""
    folder = assistant.folder
    if folder is None:
        return "none: start the server with --repo"
    if folder.trouble:
        return folder.trouble
    if folder.index is None:
        return "is being indexed"
    return f"indexed: {sum(len(shard.documents()) for shard in folder.index.shards)} files"
