"""The weights of `codekiln/index/mix-*.json`: `python -m bench.index.fitting` fits and writes them anew.

They come from lines new in the newer version of each of these packages, predicted by both models that stand
in `readers`, the older version being indexed. What `bench/index/mix.py` reports is on other packages.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import codekiln.index
from bench.corpus.rows import cache
from bench.index.places import observations
from bench.index.reading import Reader
from bench.index.versions import Pair
from codekiln.generate.loading import STARTER
from codekiln.index.fit import Observations, fit_lines, fit_loss
from codekiln.index.mix import Mixture, Objective
from codekiln.pipeline.pull import pull

PAIRS = (
    Pair("flask", "1.1.4", "3.1.0"),
    Pair("jinja2", "2.11.3", "3.1.6"),
    Pair("urllib3", "1.26.0", "2.4.0"),
    Pair("marshmallow", "3.0.0", "4.0.0"),
    Pair("typer", "0.3.2", "0.15.1"),
    Pair("requests", "2.25.0", "2.32.3"),
)
BLOCKS = 20  # of each package
MODEL = "smollm2-135m-instruct-q4_1"


def readers() -> tuple[Reader, Reader]:
    """A pretrained model and ours, a quarter of its size and with a third of its vocabulary."""
    return Reader(MODEL, pull(MODEL, cache()).path), Reader(STARTER, Path(STARTER))


def observed(reader: Reader) -> Observations:
    """All that is known at the new lines of the packages."""
    return Observations.join([observations(reader, pair, BLOCKS) for pair in PAIRS])


def fit(
    seen: Sequence[Observations], models: Sequence[str], objective: Objective = "loss"
) -> Mixture:
    """Weights from what some models saw, with a record of where they are from."""
    together = Observations.join(seen)
    fitted = fit_loss(together)
    if objective == "lines":
        fitted = fit_lines(together, fitted)
    provenance = {
        "objective": objective,
        "models": list(models),
        "indexed → predicted": {pair.name: f"{pair.older} → {pair.newer}" for pair in PAIRS},
        "tokens": len(together),
        "nats a token, the model alone": round(together.loss_of_model(), 3),
        "nats a token, mixed": round(together.loss(fitted.weights), 3),
    }
    return replace(fitted, provenance=provenance)


def main() -> None:
    """Write the files into the package."""
    models = readers()
    seen, names = [observed(reader) for reader in models], [reader.name for reader in models]
    for objective in get_args(Objective):
        path = Path(codekiln.index.__file__).with_name(f"mix-{objective}.json")
        path.write_text(fit(seen, names, objective).to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
