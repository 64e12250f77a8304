"""The page of `codekiln explain`: one file with its script, style and facts, which asks for nothing else.

Its policy names the script and the style by their hashes, so whatever a source text might smuggle in is
not run.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact import write_atomically
from codekiln.errors import UsageError
from codekiln.serve.web.static_files import content

# In JSON these signs only stand in strings, where they may be written by their numbers.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def explain_page(facts: Mapping[str, Any]) -> str:
    """The page that shows `facts`: what `apps.explain.told` has of an answer."""
    script, style = (content(name).decode() for name in ("explain.js", "style.css"))
    parts = {
        "script-hash": _hash(script),
        "style-hash": _hash(style),
        "style": style,
        "script": script,
        "facts": json.dumps(facts, ensure_ascii=False).translate(_ESCAPED),
    }
    pieces = content("explain.html").decode().split("{{")
    rest = (piece.partition("}}") for piece in pieces[1:])
    return pieces[0] + "".join(parts[name] + behind for name, _, behind in rest)


def write_explain_page(facts: Mapping[str, Any], path: Path) -> None:
    """Write the page.

    Raises:
        UsageError: nothing can be written there.
    """
    try:
        write_atomically(path, explain_page(facts).encode(errors="replace"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}): give another place with --html."
        ) from None


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
