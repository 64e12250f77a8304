"""`python -m bench [NAME ...]`: the named benchmarks, or all; their tables go into `docs/benchmarks.md`."""

import argparse
import importlib
import json

from bench import page

NAMES = (
    "training_step",
    "tuning",
    "train_gpu",
    "scaling",
    "optimizers",
    "starter",
    "loader",
    "attention",
    "weights",
    "tokenizer",
    "lexeme_pieces",
    "domain_tags",
    "objectives",
    "index.mix",
    "index.provenance",
    "replay",
    "adapt",
    "grading",
    "healing",
    "sandbox",
    "generate.latency",
    "generate.native",
    "generate.agreement",
    "generate.growth",
    "generate.verified",
    "serving",
    "corpus.languages",
    "corpus.licences",
    "corpus.secrets",
    "corpus.near_duplicates",
    "corpus.pipeline",
    "corpus.growth",
    "corpus.increment",
    "corpus.memory",
    "corpus.quality",
)
ON_REQUEST = {
    "train_gpu",
    "starter",
    "index.provenance",
    "generate.growth",
    "generate.native",
    "serving",
}  # they need a GPU, what one made, what takes long to build, or half an hour of a quiet machine


def main() -> None:
    """Run each benchmark, print what it found, and renew its part of the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="for machines; the page stays as it is")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(
            f"no benchmark is called {', '.join(sorted(unknown))}: known are {', '.join(NAMES)}"
        )
    results = {}
    for name in arguments.names or [name for name in NAMES if name not in ON_REQUEST]:
        module = importlib.import_module(f"bench.{name}")
        results[name] = module.run()
        if not arguments.json:
            page.show(name, results[name])
            page.renew(name, module.__doc__ or "", results[name], NAMES)
    if arguments.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
