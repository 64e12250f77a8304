"""`python -m bench`: all benchmarks, one table each; `--json` for machines."""

import json
import sys

from bench import attention, training_step


def main() -> None:
    """Run each benchmark and print what it found."""
    results = {"training_step": training_step.run(), "attention": attention.run()}
    if "--json" in sys.argv[1:]:
        print(json.dumps(results))
        return
    for name, rows in results.items():
        print(f"\n{name}")
        for row in rows:
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
