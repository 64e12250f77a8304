"""What keeps settings of ours from working, although they lead to the server.

A model that the server has not is refused at each key, and older settings of ours asked in ways that never
worked: Zed's `infer` knows no model of ours, and Continue's `llama.cpp` asks for a route that we have not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from codekiln.apps.connect.editors import OURS_IN_ZED
from codekiln.apps.connect.jsonc import parsed
from codekiln.apps.connect.yaml import entry_named


def flaw(name: str, text: str, models: Sequence[str]) -> str:
    """The flaw of an editor's settings, empty where there is none; no `models` are unknown ones.

    Raises:
        SettingsError: they cannot be read.
    """
    ours: Mapping[str, Any] = {}
    if name == "zed":
        ours = _zed(text)
    elif name == "continue":
        ours = entry_named(text, "codekiln")
    return (_way(name, ours) or _wrong_model(ours, models)) if ours else ""


def _zed(text: str) -> Mapping[str, Any]:
    found = parsed(text)
    for member in ("edit_predictions", OURS_IN_ZED):
        found = found.get(member) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _way(name: str, ours: Mapping[str, Any]) -> str:
    if name == "zed":
        infers = ours.get("prompt_format", "infer") == "infer"
        return (
            "infers the prompt_format, and so asks nothing of models unknown to Zed"
            if infers
            else ""
        )
    if ours.get("provider") == "llama.cpp":
        return "has 'provider: llama.cpp', which asks for /completion, and the server has none"
    if ours.get("provider") == "openai" and not ours.get("apiBase", "").endswith("/v1"):
        return "has an apiBase that does not end with /v1"
    return ""


def _wrong_model(ours: Mapping[str, Any], models: Sequence[str]) -> str:
    model = ours.get("model", "")
    if not models or model in models:
        return ""
    return f"names the model '{model}', but the server has {', '.join(models)}"
