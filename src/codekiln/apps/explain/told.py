"""All that is told of one answer as one JSON object: what the command line prints and a page shows."""

import dataclasses
from pathlib import Path
from typing import Any

from codekiln.apps.explain.attention import (
    AttentionEngine,
    attention,
    load_reference,
    told_layers,
)
from codekiln.apps.explain.facts import BeamTree, Explanation
from codekiln.errors import MissingExtraError
from codekiln.generate import Engine


def told(
    name: str, engine: Engine, model: Path, facts: Explanation, beams: BeamTree | None
) -> dict[str, Any]:
    """The explanation, the search, and all heads' attention, or the line that installs what it needs.

    Raises as `load_reference`, for anything else than a missing package.
    """
    return {
        "model": model_as_json(name, engine),
        "explanation": dataclasses.asdict(facts),
        "beams": dataclasses.asdict(beams) if beams else None,
        "attention": _attention(engine, model, facts),
    }


def model_as_json(name: str, engine: Engine) -> dict[str, Any]:
    """Who answered."""
    return {
        "name": name,
        "engine": "torch" if isinstance(engine, AttentionEngine) else "openvino",
        "vocabulary": engine.vocabulary,
        "context": engine.context,
    }


def _attention(engine: Engine, model: Path, facts: Explanation) -> dict[str, Any]:
    try:
        reference = engine if isinstance(engine, AttentionEngine) else load_reference(model)
    except MissingExtraError as error:
        return {"missing": str(error)}
    ids, first = facts.ids, len(facts.prompt)
    layers = told_layers(reference, len(ids), first)
    return {
        "layers": list(layers),
        "heads": reference.heads,
        "rows": {str(layer): attention(reference, ids, first, layer) for layer in layers},
    }
